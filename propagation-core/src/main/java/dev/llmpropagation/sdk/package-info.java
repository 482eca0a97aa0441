/**
 * What a program puts into its OpenTelemetry SDK. No other package that programs use needs the SDK.
 *
 * <p>With the autoconfigured SDK both are put in by themselves; see {@link
 * dev.llmpropagation.sdk.SessionAutoConfiguration}.
 */
@NullMarked
package dev.llmpropagation.sdk;

import org.jspecify.annotations.NullMarked;
