/** The session that a call belongs to, carried in the OpenTelemetry {@link io.opentelemetry.context.Context}. */
@NullMarked
package dev.llmpropagation.session;

import org.jspecify.annotations.NullMarked;
