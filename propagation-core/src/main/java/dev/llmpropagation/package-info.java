@NullMarked
package dev.llmpropagation;

import org.jspecify.annotations.NullMarked;
