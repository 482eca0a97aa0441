/** What can only be read by OpenTelemetry's SDK, where the program has it. For this library's own modules. */
@NullMarked
package dev.llmpropagation.internal.sdk;

import org.jspecify.annotations.NullMarked;
