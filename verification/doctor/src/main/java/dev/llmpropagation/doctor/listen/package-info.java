/** {@code doctor listen}: plays model services and a collector at once, and says what arrives. */
@NullMarked
package dev.llmpropagation.doctor.listen;

import org.jspecify.annotations.NullMarked;
