/** What the demo shows of the example daemon: each prompt's trace, as a collector and Zipkin have it. */
@NullMarked
package dev.llmpropagation.doctor.daemon;

import org.jspecify.annotations.NullMarked;
