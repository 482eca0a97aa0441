@NullMarked
package dev.llmpropagation.verification;

import org.jspecify.annotations.NullMarked;
