@NullMarked
package dev.llmpropagation.destination;

import org.jspecify.annotations.NullMarked;
