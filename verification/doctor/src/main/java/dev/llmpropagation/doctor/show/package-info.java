/** How the commands of the doctor show things: colours, progress, secrets. */
@NullMarked
package dev.llmpropagation.doctor.show;

import org.jspecify.annotations.NullMarked;
