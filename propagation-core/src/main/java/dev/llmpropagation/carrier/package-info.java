/** Trace context over process boundaries: the environment of a child process, and the {@code _meta} of a JSON message. */
@NullMarked
package dev.llmpropagation.carrier;

import org.jspecify.annotations.NullMarked;
