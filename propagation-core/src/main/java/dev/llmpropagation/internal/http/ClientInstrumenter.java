package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.CurrentContext;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.Door;
import dev.llmpropagation.internal.span.ModelCallTracer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.function.UnaryOperator;
import okhttp3.Authenticator;
import okhttp3.Dispatcher;
import okhttp3.EventListener;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a request, as application interceptors: {@link CallerContextInterceptor} before those of the program; its SDK's retry,
 * {@link RedirectInterceptor} with its {@link AttemptHandler} after them, so that they run once for a call, as they do without us.
 * Thread-safe.
 */
public final class ClientInstrumenter {

    /** That of a {@code LlmPropagation}, for the provider modules: programs do not see it. */
    public static final Door<ClientInstrumenter> OF_PROPAGATION = new Door<>();

    private final AttemptInstruments telemetry;
    private final PropagationSettings settings;
    private final AttemptTracer spans;
    private final @Nullable ModelCallFactory models;
    private final Diagnostics diagnostics;
    private final CurrentContext current;
    // So that clients which share a dispatcher, and its limits, go on sharing one.
    private final Map<Dispatcher, Dispatcher> dispatchers = Collections.synchronizedMap(new WeakHashMap<>());

    /**
     * @param propagator instead of that of {@code openTelemetry}, or null
     * @param callerContext makes the Context of a call of the current one
     * @param modelCalls makes the spans of model calls; null to make none
     */
    public ClientInstrumenter(
            OpenTelemetry openTelemetry,
            @Nullable TextMapPropagator propagator,
            PropagationSettings settings,
            UnaryOperator<Context> callerContext,
            @Nullable ModelCallTracer modelCalls,
            Diagnostics diagnostics) {
        this.telemetry = AttemptInstruments.of(openTelemetry, propagator);
        this.settings = settings;
        this.diagnostics = diagnostics;
        this.current = new CurrentContext(diagnostics::report, callerContext);
        this.models = modelCalls == null || !telemetry.isMeasuring()
                ? null
                : new ModelCallFactory(modelCalls, settings, diagnostics);
        this.spans = new AttemptTracer(settings, telemetry, diagnostics);
        if (telemetry.tracer() != null && telemetry.propagatedFields().isEmpty()) {
            diagnostics.report(
                    "This OpenTelemetry has no propagator, so requests carry no traceparent; set one on it, or call"
                            + " propagator(W3CTraceContextPropagator.getInstance()) on the builder",
                    null);
        }
    }

    /** Whether the program's OpenTelemetry has a propagator: without one no request carries a trace header. */
    public boolean writesTrace() {
        return !telemetry.propagatedFields().isEmpty();
    }

    /** How these steps, and those around them, find the caller. */
    public CurrentContext currentContext() {
        return current;
    }

    /** Ends the attempts of bodies that nobody can read or close any more. */
    public void sweep() {
        spans.open().sweep();
    }

    /** Ends all attempts that are open, as cancelled; their calls go on. */
    public void cancelOpen() {
        spans.open().cancelAll();
    }

    /** Puts the steps into this client, in place of steps that are in it already. Returns the same builder. */
    public OkHttpClient.Builder instrument(OkHttpClient.Builder builder, ClientProfile profile) {
        OkHttpClient client = builder.build();
        RedirectInterceptor old = removeSteps(builder.interceptors());
        // Both are false in a client that has the steps, unless the program has set them since.
        boolean follow = client.followRedirects() || (old != null && old.follow());
        boolean followAcrossSchemes = client.followSslRedirects() || (old != null && old.followAcrossSchemes());

        StartedCalls started = new StartedCalls();
        EventListener.Factory listeners = client.eventListenerFactory();
        builder.eventListenerFactory(new CallEventListenerFactory(
                listeners instanceof CallEventListenerFactory ours ? ours.program() : listeners,
                started,
                current,
                telemetry.isMeasuring(),
                settings.connectionPhases()));
        builder.dispatcher(withContext(client.dispatcher()));
        builder.followRedirects(false).followSslRedirects(false);

        RunningCalls running = new RunningCalls();
        Collection<String> correlationHeaders = correlationHeaders();
        StrayRequestReporter later = new StrayRequestReporter(
                correlationHeaders, List.of("traceparent", settings.sessionIdHeader()), diagnostics);
        AttemptHandler attempts = new AttemptHandler(telemetry, settings, spans, running, later, diagnostics);
        builder.interceptors()
                .add(
                        0,
                        new CallerContextInterceptor(
                                profile, started, running, models, attempts, current, diagnostics));
        if (profile.retry() != null) {
            builder.addInterceptor(new Retry(profile.retry()));
        }
        builder.addInterceptor(new RedirectInterceptor(follow, followAcrossSchemes, correlationHeaders, attempts));
        builder.authenticator(judging(client.authenticator(), profile));
        builder.proxyAuthenticator(judging(client.proxyAuthenticator(), profile));
        moveAgentInside(builder.interceptors());
        return builder;
    }

    /**
     * The OpenTelemetry Java agent puts itself first into each client that is built, and makes a span of every call in
     * which its network interceptor made none, as under a span of ours. Inside an attempt it sees that there is one.
     */
    private static void moveAgentInside(List<Interceptor> interceptors) {
        List<Interceptor> agent = interceptors.stream()
                .filter(interceptor -> interceptor.getClass().getName().startsWith("io.opentelemetry.javaagent."))
                .toList();
        interceptors.removeAll(agent);
        interceptors.addAll(agent);
    }

    private Authenticator judging(Authenticator program, ClientProfile profile) {
        return JudgingAuthenticator.around(
                program, settings, telemetry.propagatedFields(), correlationHeaders(), profile.origin(), diagnostics);
    }

    private static @Nullable RedirectInterceptor removeSteps(List<Interceptor> interceptors) {
        RedirectInterceptor redirects = null;
        for (Interceptor interceptor : interceptors) {
            if (interceptor instanceof RedirectInterceptor found) {
                redirects = found;
            }
        }
        interceptors.removeIf(step -> step instanceof CallerContextInterceptor
                || step instanceof Retry
                || step instanceof RedirectInterceptor);
        return redirects;
    }

    private Dispatcher withContext(Dispatcher dispatcher) {
        if (dispatcher.executorService() instanceof ContextExecutor) {
            return dispatcher;
        }
        return dispatchers.computeIfAbsent(dispatcher, this::wrapped);
    }

    private Dispatcher wrapped(Dispatcher dispatcher) {
        Dispatcher wrapped = new Dispatcher(ContextExecutor.wrap(dispatcher.executorService(), current));
        wrapped.setMaxRequests(dispatcher.getMaxRequests());
        wrapped.setMaxRequestsPerHost(dispatcher.getMaxRequestsPerHost());
        wrapped.setIdleCallback(dispatcher.getIdleCallback());
        return wrapped;
    }

    private Collection<String> correlationHeaders() {
        List<String> names = new ArrayList<>(telemetry.propagatedFields());
        names.addAll(List.of("traceparent", "tracestate", "baggage", settings.sessionIdHeader()));
        if (settings.requestIdHeader() != null) {
            names.add(settings.requestIdHeader());
        }
        settings.correlationHeaders().forEach(header -> names.add(header.name()));
        return names;
    }

    /** Marks the SDK's retry as a step of ours. */
    private record Retry(Interceptor delegate) implements Interceptor {
        @Override
        public Response intercept(Chain chain) throws IOException {
            return delegate.intercept(chain);
        }
    }
}
