package dev.llmpropagation.internal.http;

import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.destination.OtlpEndpoints;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a program sets for all its clients. Immutable; the builder of {@code LlmPropagation} has checked it.
 *
 * @param sessionId asked on every attempt, on the thread that sends it; null without one
 * @param destinations who gets the trace headers and the request id
 * @param sessionDestinations who gets the session header
 * @param baggageDestinations who gets the baggage as well
 * @param otlpEndpoints requests that are left alone altogether
 * @param sessionIdHeader name of the session header
 * @param requestIdHeader name of the header with a fresh id for each attempt; null to send none
 * @param correlationHeaders further headers to the destinations of the session header, no two with one name
 * @param capturedRequestHeaders lower-case names of request headers that spans show
 * @param capturedResponseHeaders lower-case names of response headers that spans show
 * @param knownMethods HTTP methods that spans show as they are
 * @param shownQueryParameters lower-case names of parameters whose values spans show in URLs
 * @param connectionPhases whether spans show how long DNS, connecting, TLS and sending took
 */
public record PropagationSettings(
        @Nullable Supplier<@Nullable String> sessionId,
        DestinationPolicy destinations,
        DestinationPolicy sessionDestinations,
        DestinationPolicy baggageDestinations,
        OtlpEndpoints otlpEndpoints,
        String sessionIdHeader,
        @Nullable String requestIdHeader,
        List<CorrelationHeader> correlationHeaders,
        List<String> capturedRequestHeaders,
        List<String> capturedResponseHeaders,
        Set<String> knownMethods,
        Set<String> shownQueryParameters,
        boolean connectionPhases) {}
