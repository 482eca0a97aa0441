package dev.llmpropagation;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.AgentTracingBuilder;
import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.destination.OtlpEndpoints;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.CorrelationHeader;
import dev.llmpropagation.internal.http.OkHttpCopies;
import dev.llmpropagation.internal.http.PropagationSettings;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.ModelCallTracer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Builds an {@link LlmPropagation}. Each setter replaces what was set before, but {@link #correlationHeader}, which adds;
 * none takes null. Not thread-safe.
 */
public final class LlmPropagationBuilder {

    static final String SESSION_ID_HEADER = "X-Qwen-Code-Session-Id";
    static final String REQUEST_ID_HEADER = "X-Qwen-Code-Request-Id";

    private static final Set<String> KNOWN_METHODS =
            Set.of("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE");

    final OpenTelemetry openTelemetry;

    @Nullable
    TextMapPropagator propagator;

    private @Nullable Supplier<@Nullable String> sessionId;
    private DestinationPolicy destinations = DestinationPolicy.configuredOrigin();
    private @Nullable DestinationPolicy sessionDestinations;
    private DestinationPolicy baggageDestinations = DestinationPolicy.none();
    private @Nullable OtlpEndpoints otlpEndpoints;
    private String sessionIdHeader = SESSION_ID_HEADER;
    private String requestIdHeader = REQUEST_ID_HEADER;
    private boolean requestId;
    private final Map<String, CorrelationHeader> correlationHeaders = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private List<String> capturedRequestHeaders = List.of();
    private List<String> capturedResponseHeaders = List.of();
    private Set<String> knownMethods = KNOWN_METHODS;
    private Set<String> shownQueryParameters = Set.of();
    private boolean connectionPhases;
    private boolean modelCalls = true;
    private @Nullable Consumer<String> diagnostics;
    private UnaryOperator<Context> callerContext = UnaryOperator.identity();
    private Consumer<AgentTracingBuilder> agentOptions = options -> {};

    LlmPropagationBuilder(OpenTelemetry openTelemetry) {
        this.openTelemetry = openTelemetry;
    }

    /**
     * Asked for the session id on every attempt, on the thread that sends it, unless the call was made under an {@code
     * LlmSession}. It may return null, and must not block. If it throws, or the id is unfit for a header (see {@code
     * SessionIds}), the request goes out without it, and {@link #diagnostics} is told. Default: none.
     */
    public LlmPropagationBuilder sessionId(Supplier<@Nullable String> supplier) {
        sessionId = requireNonNull(supplier, "sessionId");
        return this;
    }

    /** Who gets the trace headers, and the session header too. Default: {@code configuredOrigin()}. */
    public LlmPropagationBuilder destinations(DestinationPolicy policy) {
        destinations = requireNonNull(policy, "destinations");
        return this;
    }

    /** Who gets the session header, instead of {@link #destinations}. Default: the same. */
    public LlmPropagationBuilder sessionDestinations(DestinationPolicy policy) {
        sessionDestinations = requireNonNull(policy, "sessionDestinations");
        return this;
    }

    /** Of those that get the trace headers, who gets baggage as well. Default: {@code none()}. */
    public LlmPropagationBuilder baggageDestinations(DestinationPolicy policy) {
        baggageDestinations = requireNonNull(policy, "baggageDestinations");
        return this;
    }

    /** Requests to these are left alone: no span and none of our headers. Default: {@code fromEnvironment()}. */
    public LlmPropagationBuilder otlpEndpoints(OtlpEndpoints endpoints) {
        otlpEndpoints = requireNonNull(endpoints, "otlpEndpoints");
        return this;
    }

    /** Writes the trace headers. Default: the propagator of the OpenTelemetry instance, never the global one. */
    public LlmPropagationBuilder propagator(TextMapPropagator traceHeaders) {
        propagator = requireNonNull(traceHeaders, "propagator");
        return this;
    }

    /**
     * Name of the session header. Default: {@value #SESSION_ID_HEADER}.
     *
     * @throws IllegalArgumentException if this is no header name, or that of a header with another meaning: credentials,
     *     trace context, HTTP's own and the SDKs'
     */
    public LlmPropagationBuilder sessionIdHeader(String name) {
        sessionIdHeader = HeaderNames.own("sessionIdHeader", name);
        return this;
    }

    /** Whether each attempt carries a fresh UUID, which its span shows as well. Default: false. */
    public LlmPropagationBuilder requestId(boolean enabled) {
        requestId = enabled;
        return this;
    }

    /**
     * Name of the header for {@link #requestId}. Default: {@value #REQUEST_ID_HEADER}.
     *
     * @throws IllegalArgumentException as {@link #sessionIdHeader}
     */
    public LlmPropagationBuilder requestIdHeader(String name) {
        requestIdHeader = HeaderNames.own("requestIdHeader", name);
        return this;
    }

    /**
     * Adds a header that each attempt carries beside that of the session, to the same destinations: the id of an agent,
     * say. The same name again replaces the supplier. It is asked on every attempt to such a destination, on the thread
     * that sends it, with the Context of the call current; it may return null for no header, and must not block. If it
     * throws, or the value is unfit for a header (as a session id, see {@code SessionIds}), the request goes out without
     * it, and {@link #diagnostics} is told. No span shows the value. Default: none.
     *
     * @throws IllegalArgumentException as {@link #sessionIdHeader}
     */
    public LlmPropagationBuilder correlationHeader(String name, Supplier<@Nullable String> value) {
        HeaderNames.own("correlationHeader", name);
        correlationHeaders.put(name, new CorrelationHeader(name, requireNonNull(value, "correlationHeader: value")));
        return this;
    }

    /**
     * Request headers that spans show as {@code http.request.header.<name>}, as the caller set them. Default: none.
     *
     * @throws IllegalArgumentException if one of them is no header name, or carries a credential
     */
    public LlmPropagationBuilder capturedRequestHeaders(Collection<String> names) {
        capturedRequestHeaders = HeaderNames.captured("capturedRequestHeaders", names);
        return this;
    }

    /**
     * Response headers that spans show as {@code http.response.header.<name>}. Default: none.
     *
     * @throws IllegalArgumentException if one of them is no header name, or carries a credential
     */
    public LlmPropagationBuilder capturedResponseHeaders(Collection<String> names) {
        capturedResponseHeaders = HeaderNames.captured("capturedResponseHeaders", names);
        return this;
    }

    /**
     * Query parameters whose values spans show in {@code url.full}, beside those that are known to be harmless, such as
     * {@code alt}, {@code api-version} and {@code pageSize}; any other value is {@code REDACTED}. Upper and lower case mean
     * the same. Default: none.
     *
     * @throws IllegalArgumentException if one of them is empty, or has the name of a credential
     */
    public LlmPropagationBuilder shownQueryParameters(Collection<String> names) {
        shownQueryParameters = HeaderNames.queryParameters("shownQueryParameters", names);
        return this;
    }

    /** HTTP methods that spans show as they are; all others are {@code _OTHER}. Default: those of the conventions. */
    public LlmPropagationBuilder knownMethods(Collection<String> methods) {
        requireNonNull(methods, "knownMethods").forEach(method -> requireNonNull(method, "knownMethods: one of them"));
        knownMethods = Set.copyOf(methods);
        return this;
    }

    /**
     * Whether spans of attempts show how long their parts took, in seconds, as {@code llm_propagation.dns.duration}, {@code
     * .connect.duration} (with what a proxy asks for), {@code .tls.duration} and {@code .time_to_request_sent}. A connection
     * that was there already shows the last alone. Default: false, which costs nothing.
     */
    public LlmPropagationBuilder connectionPhases(boolean enabled) {
        connectionPhases = enabled;
        return this;
    }

    /**
     * Whether the clients of the factories make a span for each call to a model, {@code qwen-code.llm_request}, around its
     * attempts. Where a span of another instrumentation tells of the call already, they make none in any case. Default:
     * true.
     */
    public LlmPropagationBuilder modelCalls(boolean enabled) {
        modelCalls = enabled;
        return this;
    }

    /**
     * Makes the Context of a call: parent of its spans, source of its session. It gets the current one, on the thread that
     * makes the call, possibly more than once for a call, and must not block. For frameworks that keep span or session
     * elsewhere than in the current Context; {@code ToldModelCall} says what tells of the call. If it throws or gives
     * null, the current Context counts, and {@link #diagnostics} is told. Default: the current one as it is.
     */
    public LlmPropagationBuilder callerContext(UnaryOperator<Context> context) {
        callerContext = requireNonNull(context, "callerContext");
        return this;
    }

    /**
     * Gets a line, seldom, when something of ours failed; never a secret. Called on the thread of the request. Default:
     * the {@code java.util.logging} logger {@code dev.llmpropagation}, level WARNING.
     */
    public LlmPropagationBuilder diagnostics(Consumer<String> sink) {
        diagnostics = requireNonNull(sink, "diagnostics");
        return this;
    }

    /**
     * Options of {@code LlmPropagation.agent()}; its session supplier and diagnostics are those given here. Called by
     * {@link #build()}; where there are several, in their order, so that the last word on each option counts. Default: the
     * agent's own defaults.
     */
    public LlmPropagationBuilder agent(Consumer<AgentTracingBuilder> options) {
        agentOptions = agentOptions.andThen(requireNonNull(options, "agent"));
        return this;
    }

    /**
     * Makes it. Reads the environment for {@link #otlpEndpoints} and the agent's content capture, unless they are set.
     *
     * @throws IllegalArgumentException if two of session id, request id and correlation headers have the same header
     */
    public LlmPropagation build() {
        requireDistinctHeaders();
        Diagnostics told = Diagnostics.to(diagnostics);
        OkHttpCopies.tell(told);
        PropagationSettings settings = settings(told);
        AgentTracing tracing = agentTracing();
        ModelCallTracer tracer = modelCalls ? ModelCallTracer.OF_AGENT.behind(tracing) : null;
        ClientInstrumenter steps =
                new ClientInstrumenter(openTelemetry, propagator, settings, callerContext, tracer, told);
        return new LlmPropagation(settings, steps, tracing);
    }

    private void requireDistinctHeaders() {
        if (requestId && requestIdHeader.equalsIgnoreCase(sessionIdHeader)) {
            throw new IllegalArgumentException("requestIdHeader: \"" + requestIdHeader
                    + "\" is the session header as well; give one of them another name");
        }
        if (correlationHeaders.containsKey(sessionIdHeader)
                || (requestId && correlationHeaders.containsKey(requestIdHeader))) {
            throw new IllegalArgumentException("correlationHeader: \""
                    + (correlationHeaders.containsKey(sessionIdHeader) ? sessionIdHeader : requestIdHeader)
                    + "\" is that of the session or of the request id as well; give one of them another name");
        }
    }

    private PropagationSettings settings(Diagnostics told) {
        OtlpEndpoints skipped = otlpEndpoints != null ? otlpEndpoints : OtlpEndpoints.fromEnvironment();
        skipped.warnings().forEach(warning -> told.report(warning, null));
        return new PropagationSettings(
                sessionId,
                destinations,
                sessionDestinations != null ? sessionDestinations : destinations,
                baggageDestinations,
                skipped,
                sessionIdHeader,
                requestId ? requestIdHeader : null,
                List.copyOf(correlationHeaders.values()),
                capturedRequestHeaders,
                capturedResponseHeaders,
                knownMethods,
                shownQueryParameters,
                connectionPhases);
    }

    private AgentTracing agentTracing() {
        AgentTracingBuilder agent = AgentTracing.builder(openTelemetry);
        if (diagnostics != null) {
            agent.diagnostics(diagnostics);
        }
        if (sessionId != null) {
            agent.sessionId(sessionId);
        }
        agentOptions.accept(agent);
        return agent.build();
    }
}
