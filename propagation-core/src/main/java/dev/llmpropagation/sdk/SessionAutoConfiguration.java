package dev.llmpropagation.sdk;

import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizer;
import io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import java.util.Locale;

/**
 * Found by the autoconfigured SDK, if this library is on its class path. Each property is also a variable, as {@code
 * LLM_PROPAGATION_TRACE_ID}.
 *
 * <ul>
 *   <li>{@code llm.propagation.session.spans}: whether {@link SessionSpanProcessor} is added; default {@code true}
 *   <li>{@code llm.propagation.trace.id}: {@code random}, the default, or {@code session} for {@link SessionIdGenerator}
 * </ul>
 */
public final class SessionAutoConfiguration implements AutoConfigurationCustomizerProvider {

    static final String SESSION_SPANS = "llm.propagation.session.spans";
    static final String TRACE_ID = "llm.propagation.trace.id";

    @Override
    public void customize(AutoConfigurationCustomizer customizer) {
        customizer.addTracerProviderCustomizer(SessionAutoConfiguration::customize);
    }

    private static SdkTracerProviderBuilder customize(SdkTracerProviderBuilder provider, ConfigProperties properties) {
        if (properties.getBoolean(SESSION_SPANS, true)) {
            provider.addSpanProcessor(SessionSpanProcessor.create());
        }
        String mode = properties.getString(TRACE_ID, "random").trim().toLowerCase(Locale.ROOT);
        return switch (mode) {
            case "random" -> provider;
            case "session" -> provider.setIdGenerator(SessionIdGenerator.create());
            default ->
                throw new ConfigurationException(
                        TRACE_ID + ": \"" + mode + "\" is unknown; use \"random\" or \"session\"");
        };
    }
}
