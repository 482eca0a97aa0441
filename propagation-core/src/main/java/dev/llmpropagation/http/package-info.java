@NullMarked
package dev.llmpropagation.http;

import org.jspecify.annotations.NullMarked;
