package dev.llmpropagation;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import dev.llmpropagation.internal.http.PropagationSettings;
import dev.llmpropagation.internal.url.UrlParser;
import io.opentelemetry.api.OpenTelemetry;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * What a program configures once, and gives to the factories of its clients: whose trace and session outbound calls
 * carry, and to whom.
 *
 * <pre>{@code
 * LlmPropagation propagation = LlmPropagation.builder(openTelemetry)
 *         .sessionId(session::currentId)
 *         .build();
 * OkHttpClient client = propagation
 *         .instrument(new OkHttpClient.Builder(), "https://gw.example.com")
 *         .build();
 * }</pre>
 *
 * <p>Immutable and thread-safe. One for a program is enough; it starts no thread.
 */
public final class LlmPropagation implements AutoCloseable {

    static {
        ClientInstrumenter.OF_PROPAGATION.open(LlmPropagation.class, propagation -> propagation.clients);
    }

    private final PropagationSettings settings;
    private final ClientInstrumenter clients;
    private final AgentTracing agent;

    LlmPropagation(PropagationSettings settings, ClientInstrumenter clients, AgentTracing agent) {
        this.settings = settings;
        this.clients = clients;
        this.agent = agent;
    }

    /**
     * Starts with the defaults of each setting.
     *
     * @param openTelemetry its tracers, meters and propagators are used, never the global ones; {@link
     *     OpenTelemetry#noop()} sends the session header alone; {@link OpenTelemetry#propagating} passes on the trace of
     *     the caller as well
     */
    public static LlmPropagationBuilder builder(OpenTelemetry openTelemetry) {
        return new LlmPropagationBuilder(requireNonNull(openTelemetry, "openTelemetry"));
    }

    /**
     * Instruments a client that talks to this service.
     *
     * @param baseUrl the service, for {@code DestinationPolicy.configuredOrigin()}: scheme, host and port count
     * @return the same builder
     * @throws IllegalArgumentException if the base URL is no http or https URL
     * @see #instrument(OkHttpClient.Builder)
     */
    public OkHttpClient.Builder instrument(OkHttpClient.Builder builder, String baseUrl) {
        ClientProfile profile = ClientProfile.of(Origin.parse("baseUrl", baseUrl));
        return clients.instrument(requireNonNull(builder, "builder"), profile);
    }

    /**
     * Instruments a client for no service in particular: the policy alone decides, and {@code configuredOrigin()} then
     * sends nothing.
     *
     * <p>Call it last, when redirects, listener, interceptors and dispatcher are set: all of them are kept, and redirects
     * are followed by this library from now on. Instrumenting twice is as good as once: the later call counts. Clients
     * made by {@code newBuilder()} stay instrumented, but what such a builder sets comes late: {@code followRedirects} no
     * longer switches ours, and an interceptor runs for each redirect hop, so one that adds a credential adds it at the
     * redirect's target too. Instrument once more after such a change.
     *
     * <p>The dispatcher is replaced by one with the same executor and limits, the same one for all clients that share a
     * dispatcher. To cancel or count calls, ask {@code client.dispatcher()}, not the one that was set.
     *
     * @return the same builder
     */
    public OkHttpClient.Builder instrument(OkHttpClient.Builder builder) {
        return clients.instrument(requireNonNull(builder, "builder"), ClientProfile.of(null));
    }

    /**
     * Makes the spans of an agent around its model calls: interactions, tools, subagents. Its options are those of {@link
     * LlmPropagationBuilder#agent}.
     */
    public AgentTracing agent() {
        return agent;
    }

    /**
     * Says which headers a request to this URL carries and why, or why not.
     *
     * @param url as the client would send it
     * @param baseUrl the service that the client was built for, or null for none
     * @return a few lines for a human; without user info and query of the URL
     */
    public String explain(String url, @Nullable String baseUrl) {
        HttpUrl parsed = UrlParser.parse(url);
        if (parsed == null) {
            return "Nothing is sent: this is no http or https URL.";
        }
        Origin origin = baseUrl == null ? null : Origin.parse("baseUrl", baseUrl);
        if (settings.otlpEndpoints().matches(parsed)) {
            return "No span and none of our headers: this is an OTLP endpoint.";
        }
        String further = settings.correlationHeaders().stream()
                .map(header -> ", " + header.name())
                .collect(joining());
        String session = settings.sessionIdHeader() + further + ": "
                + settings.sessionDestinations().explain(parsed, origin);
        return clients.writesTrace()
                ? explainTrace(parsed, origin, session)
                : explainWithoutTrace(parsed, origin, session);
    }

    private String explainTrace(HttpUrl url, @Nullable Origin origin, String session) {
        String requestId = settings.requestIdHeader() == null ? "" : ", " + settings.requestIdHeader();
        return "traceparent, tracestate" + requestId + ": "
                + settings.destinations().explain(url, origin) + '\n'
                + session + '\n'
                + "baggage: "
                + (settings.destinations().allows(url, origin)
                        ? settings.baggageDestinations().explain(url, origin)
                        : "not sent, as the trace headers are not.");
    }

    private String explainWithoutTrace(HttpUrl url, @Nullable Origin origin, String session) {
        String requestId = settings.requestIdHeader() == null
                ? ""
                : settings.requestIdHeader() + ": " + settings.destinations().explain(url, origin) + '\n';
        return "traceparent, tracestate, baggage: not sent: this OpenTelemetry has no propagator.\n" + requestId
                + session;
    }

    /** As {@link #explain(String, String)}, for a client of no service in particular. */
    public String explain(String url) {
        return explain(url, null);
    }

    /**
     * Ends the spans of bodies that were never closed and that nobody can close any more, and closes them; and the spans
     * of {@link #agent()} that had no activity for too long. Later calls do this on their own; call it where none may
     * come.
     */
    public void sweep() {
        clients.sweep();
        agent.sweep();
    }

    /**
     * As {@link #sweep()}; and ends the spans of attempts that are still under way, and the open spans of {@link #agent()},
     * as cancelled, so that no service holds a {@code traceparent} whose span was never exported. The calls themselves go
     * on, and so do clients.
     */
    @Override
    public void close() {
        try {
            sweep();
        } finally {
            try {
                clients.cancelOpen(); // before the model calls that they stand in
            } finally {
                agent.close();
            }
        }
    }
}
