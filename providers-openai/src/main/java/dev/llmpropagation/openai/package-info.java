@NullMarked
package dev.llmpropagation.openai;

import org.jspecify.annotations.NullMarked;
