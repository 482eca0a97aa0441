package dev.llmpropagation.spring;

import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.handler.TracingObservationHandler;
import io.micrometer.tracing.otel.bridge.OtelSpan;
import org.springframework.ai.model.observation.ModelObservationContext;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What Micrometer's observations know of a caller: its session, and the model call that Spring AI tells of. */
@AutoConfiguration
@ConditionalOnClass(ObservationRegistry.class)
@ConditionalOnProperty(prefix = LlmPropagationProperties.PREFIX, name = "enabled", matchIfMissing = true)
final class ObservationAutoConfiguration {

    @Bean
    ObservedSession llmObservedSession(ObjectProvider<ObservationRegistry> registry) {
        return new ObservedSession(registry.getIfUnique(() -> ObservationRegistry.NOOP));
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({ModelObservationContext.class, TracingObservationHandler.class, OtelSpan.class})
    static class ModelCalls {

        @Bean
        ObservedModelCall llmObservedModelCall(ObjectProvider<ObservationRegistry> registry, StreamStarts starts) {
            return new ObservedModelCall(registry.getIfUnique(() -> ObservationRegistry.NOOP), starts);
        }

        @Bean
        StreamStarts llmStreamStarts() {
            return new StreamStarts();
        }
    }
}
