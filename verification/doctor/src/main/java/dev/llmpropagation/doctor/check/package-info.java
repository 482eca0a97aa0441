/** {@code doctor check}: one endpoint, stage by stage, with the clients that a program would use. */
@NullMarked
package dev.llmpropagation.doctor.check;

import org.jspecify.annotations.NullMarked;
