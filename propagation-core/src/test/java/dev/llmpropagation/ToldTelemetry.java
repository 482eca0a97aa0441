package dev.llmpropagation;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.logs.LoggerProvider;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.context.propagation.ContextPropagators;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/** The SDK of a program that has put something of its own around it, which hears of every call and may fail. */
public final class ToldTelemetry implements OpenTelemetry {

    /** Hears of a call when it is done. */
    @FunctionalInterface
    public interface Listener {
        /**
         * @param method as {@code Span.end}
         * @param argument the first, or null
         */
        void called(String method, @Nullable Object argument);
    }

    private final OpenTelemetry sdk;
    private final boolean traces;
    private final boolean metrics;
    private final Listener listener;

    private ToldTelemetry(OpenTelemetry sdk, boolean traces, boolean metrics, Listener listener) {
        this.sdk = sdk;
        this.traces = traces;
        this.metrics = metrics;
        this.listener = listener;
    }

    public static ToldTelemetry of(OpenTelemetry sdk, Listener listener) {
        return new ToldTelemetry(sdk, true, true, listener);
    }

    static ToldTelemetry tracesOf(OpenTelemetry sdk, Listener listener) {
        return new ToldTelemetry(sdk, true, false, listener);
    }

    static ToldTelemetry metricsOf(OpenTelemetry sdk, Listener listener) {
        return new ToldTelemetry(sdk, false, true, listener);
    }

    @Override
    public TracerProvider getTracerProvider() {
        return traces ? around(TracerProvider.class, sdk.getTracerProvider()) : TracerProvider.noop();
    }

    @Override
    public MeterProvider getMeterProvider() {
        return metrics ? around(MeterProvider.class, sdk.getMeterProvider()) : MeterProvider.noop();
    }

    @Override
    public LoggerProvider getLogsBridge() {
        return traces && metrics ? around(LoggerProvider.class, sdk.getLogsBridge()) : LoggerProvider.noop();
    }

    @Override
    public ContextPropagators getPropagators() {
        return sdk.getPropagators();
    }

    private <T> T around(Class<T> type, Object target) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Object result;
                    try {
                        result = method.invoke(target, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                    listener.called(
                            type.getSimpleName() + '.' + method.getName(), arguments == null ? null : arguments[0]);
                    Class<?> made = method.getReturnType();
                    return made.isInterface()
                                    && made != SpanContext.class
                                    && made.getName().startsWith("io.opentelemetry.api.")
                            ? around(made, result)
                            : result;
                }));
    }
}
