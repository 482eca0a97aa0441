/**
 * What a program puts into its OpenTelemetry SDK. The only package that needs the SDK.
 *
 * <p>With the autoconfigured SDK both are put in by themselves; see {@link
 * dev.llmpropagation.sdk.SessionAutoConfiguration}.
 */
@NullMarked
package dev.llmpropagation.sdk;

import org.jspecify.annotations.NullMarked;
