/**
 * Spans, metrics and log records of a daemon that hosts the agents of many sessions; start at {@link
 * dev.llmpropagation.daemon.DaemonTelemetry}.
 */
@NullMarked
package dev.llmpropagation.daemon;

import org.jspecify.annotations.NullMarked;
