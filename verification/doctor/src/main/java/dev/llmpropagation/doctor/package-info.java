/** The doctor: the command line that shows what the library does on the wire. */
@NullMarked
package dev.llmpropagation.doctor;

import org.jspecify.annotations.NullMarked;
