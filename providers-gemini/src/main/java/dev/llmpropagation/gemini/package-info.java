@NullMarked
package dev.llmpropagation.gemini;

import org.jspecify.annotations.NullMarked;
