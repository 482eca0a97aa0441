/**
 * Who may receive what: {@link dev.llmpropagation.destination.DestinationPolicy} decides about our headers, {@link
 * dev.llmpropagation.destination.OtlpEndpoints} keeps the program's own telemetry out of its traces. All types here
 * are immutable and thread-safe, look at the URL alone (never at DNS), and say no when in doubt.
 */
@NullMarked
package dev.llmpropagation.destination;

import org.jspecify.annotations.NullMarked;
