/** The doctor: the command line that shows what the library does on the wire. */
@NullMarked
package dev.llmpropagation.verification.doctor;

import org.jspecify.annotations.NullMarked;
