@NullMarked
package dev.llmpropagation.testkit;

import org.jspecify.annotations.NullMarked;
