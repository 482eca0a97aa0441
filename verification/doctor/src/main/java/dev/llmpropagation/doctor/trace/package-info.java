/** Traces as they are exported: read, shown as a page, kept in files. */
@NullMarked
package dev.llmpropagation.doctor.trace;

import org.jspecify.annotations.NullMarked;
