package dev.llmpropagation.spring;

import static dev.llmpropagation.spring.InvalidPropertyException.checked;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.LlmPropagationBuilder;
import dev.llmpropagation.agent.SpanNames;
import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.sdk.SessionSpanProcessor;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.util.List;
import java.util.function.Consumer;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.util.StringUtils;

/** {@link LlmPropagation} of the program's OpenTelemetry, and what all clients share. */
@AutoConfiguration
@ConditionalOnProperty(prefix = LlmPropagationProperties.PREFIX, name = "enabled", matchIfMissing = true)
@EnableConfigurationProperties(LlmPropagationProperties.class)
final class LlmPropagationAutoConfiguration {

    private static final String PREFIX = LlmPropagationProperties.PREFIX + ".";

    @Bean
    @ConditionalOnMissingBean
    LlmPropagation llmPropagation(
            LlmPropagationProperties properties,
            ObjectProvider<OpenTelemetry> openTelemetry,
            ObjectProvider<CallerContext> callers,
            ObjectProvider<LlmPropagationCustomizer> customizers) {
        LlmPropagationBuilder builder = LlmPropagation.builder(ProgramTelemetry.of(openTelemetry));
        set(builder, properties);
        List<CallerContext> known = callers.orderedStream().toList();
        if (!known.isEmpty()) {
            builder.callerContext(new CallerContexts(known));
        }
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        return checked(LlmPropagationProperties.PREFIX, builder::build);
    }

    @Bean
    ClientNetwork llmPropagationNetwork(LlmPropagationProperties properties) {
        return ClientNetwork.of(properties);
    }

    private static void set(LlmPropagationBuilder builder, LlmPropagationProperties properties) {
        destinations("destinations", properties.destinations(), builder::destinations);
        destinations("session-destinations", properties.sessionDestinations(), builder::sessionDestinations);
        destinations("baggage-destinations", properties.baggageDestinations(), builder::baggageDestinations);
        String sessionIdHeader = properties.sessionIdHeader();
        if (sessionIdHeader != null) {
            checked(PREFIX + "session-id-header", () -> builder.sessionIdHeader(sessionIdHeader));
        }
        String requestIdHeader = properties.requestIdHeader();
        if (requestIdHeader != null) {
            checked(PREFIX + "request-id-header", () -> builder.requestIdHeader(requestIdHeader));
        }
        properties.correlationHeaders().forEach((name, value) -> correlationHeader(builder, name, value));
        checked(
                PREFIX + "captured-request-headers",
                () -> builder.capturedRequestHeaders(properties.capturedRequestHeaders()));
        checked(
                PREFIX + "captured-response-headers",
                () -> builder.capturedResponseHeaders(properties.capturedResponseHeaders()));
        builder.requestId(properties.requestId())
                .connectionPhases(properties.connectionPhases())
                .modelCalls(properties.modelCalls())
                .agent(agent -> {
                    String name = properties.agent().name();
                    if (StringUtils.hasText(name)) {
                        agent.agentName(name);
                    }
                    if (properties.agent().spanNames() == LlmPropagationProperties.Naming.GEN_AI) {
                        agent.spanNames(SpanNames.genAi());
                    }
                    Boolean latest = properties.agent().latestConventions();
                    if (latest != null) {
                        agent.latestConventions(latest);
                    }
                });
    }

    /** A placeholder that resolves to nothing leaves a blank value, which counts as none. */
    private static void correlationHeader(LlmPropagationBuilder builder, String name, String value) {
        if (!StringUtils.hasText(value)) {
            return;
        }
        String fixed = value.strip();
        checked(PREFIX + "correlation-headers", () -> builder.correlationHeader(name, () -> fixed));
        if (!SessionIds.isFit(fixed)) {
            throw new InvalidPropertyException(
                    PREFIX + "correlation-headers." + name,
                    "its value cannot stand in a header; use 1 to 256 visible ASCII characters, without a space",
                    null);
        }
    }

    private static void destinations(String name, List<String> values, Consumer<DestinationPolicy> setter) {
        DestinationPolicy policy = Destinations.of(PREFIX + name, values);
        if (policy != null) {
            setter.accept(policy);
        }
    }

    /** Boot puts each such bean into the SDK that it builds. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(SpanProcessor.class)
    @ConditionalOnProperty(
            prefix = LlmPropagationProperties.PREFIX,
            name = "session.spans",
            havingValue = "true",
            matchIfMissing = true)
    static class SessionSpans {

        @Bean
        @Order(Ordered.HIGHEST_PRECEDENCE) // others may read the session at the start of a span
        @ConditionalOnMissingBean
        SessionSpanProcessor sessionSpanProcessor() {
            return SessionSpanProcessor.create();
        }
    }
}
