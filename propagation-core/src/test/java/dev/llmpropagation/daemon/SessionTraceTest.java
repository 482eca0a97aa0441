package dev.llmpropagation.daemon;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.carrier.EnvelopeCarrier;
import dev.llmpropagation.sdk.SessionIdGenerator;
import dev.llmpropagation.session.TraceIds;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trace ids that are derived from the session, in a daemon and in the process of its agent: each has an SDK of its own. */
class SessionTraceTest {

    private static final String SESSION = "33878ff9-1467-43ef-a692-634a21bbb1bf";
    private static final String DERIVED = "4acca441dba8071e51177f7c82fe0d07";
    private static final String CLIENT = "0123456789abcdef0123456789abcdef";
    private static final Map<String, String> PARENT = Map.of("traceparent", "00-" + CLIENT + "-0123456789abcdef-01");

    private final RecordedTelemetry here = derived();
    private final RecordedTelemetry child = derived();
    private final AgentTracing agent =
            AgentTracing.builder(child.openTelemetry()).build();
    private DaemonTelemetry daemon =
            DaemonTelemetry.builder(here.openTelemetry()).build();

    private static RecordedTelemetry derived() {
        return RecordedTelemetry.create(spans -> spans.setIdGenerator(SessionIdGenerator.create()));
    }

    @AfterEach
    void stop() {
        daemon.close();
        here.openTelemetry().close();
        child.openTelemetry().close();
    }

    /** Seed interaction-trace-id: a look-up by the session's id finds every span. */
    @Test
    void promptsOfASession_areOneTraceOverBothProcesses() {
        prompt("p-1", Map.of());
        prompt("p-2", Map.of());

        assertThat(all()).hasSize(8).extracting(SpanData::getTraceId).containsOnly(DERIVED);
        assertThat(TraceIds.ofSession(SESSION)).isEqualTo(DERIVED);
        assertThat(child.spans("qwen-code.interaction"))
                .extracting(SpanData::getParentSpanId)
                .containsExactlyElementsOf(here.spans("qwen-code.daemon.bridge").stream()
                        .map(SpanData::getSpanId)
                        .toList());
    }

    /** The path is the client's word. */
    @Test
    void requestOfASessionThatNobodyKnows_isInItsTrace_unlessTheProgramLooksFirst() {
        String path = "/session/" + SESSION + "/prompt";
        daemon.request("POST", path).start().responded(404);
        daemon.request("POST", path).session(null).start().responded(404);

        assertThat(here.spans())
                .extracting(span -> span.getTraceId().equals(DERIVED))
                .containsExactly(true, false);
        assertThat(here.spans())
                .allSatisfy(span -> assertThat(text(span, "session.id")).isNull());
    }

    @Test
    void tracesOfClients_areLinkedWhereTheyDoNotJoin() {
        daemon = DaemonTelemetry.builder(here.openTelemetry())
                .inboundTrace(InboundTrace.LINK)
                .build();
        prompt("p-1", PARENT);

        assertThat(all()).hasSize(4).extracting(SpanData::getTraceId).containsOnly(DERIVED);
        assertThat(here.spans("qwen-code.daemon.request")).singleElement().satisfies(request -> assertThat(
                        request.getLinks())
                .singleElement()
                .satisfies(
                        link -> assertThat(link.getSpanContext().getTraceId()).isEqualTo(CLIENT)));
    }

    /** The client's trace is the parent's by default: then the interaction goes back to the session's by a link. */
    @Test
    void interactionWithALink_isARootInTheTraceOfItsSession() {
        DaemonRequest request = daemon.request("POST", "/session/" + SESSION + "/prompt")
                .headers(PARENT, DaemonExtension.HEADERS)
                .start();
        Context sent;
        try (Scope ignored = request.makeCurrent();
                BridgeSpan step = daemon.bridge(BridgeOperation.PROMPT_DISPATCH).start()) {
            sent = step.context();
            agent.interaction("p-1")
                    .parent(Context.root())
                    .session(SESSION)
                    .link(sent)
                    .run(turn -> {});
        }
        request.responded(200);

        assertThat(here.spans()).extracting(SpanData::getTraceId).containsOnly(CLIENT);
        SpanData interaction = child.spans().get(0);
        assertThat(interaction.getTraceId()).isEqualTo(DERIVED);
        assertThat(interaction.getParentSpanContext().isValid()).isFalse();
        assertThat(interaction.getLinks()).singleElement().satisfies(link -> {
            assertThat(link.getSpanContext().getSpanId())
                    .isEqualTo(io.opentelemetry.api.trace.Span.fromContext(sent)
                            .getSpanContext()
                            .getSpanId());
            assertThat(text(link, "qwen-code.link.kind")).isEqualTo("caller");
        });
    }

    @Test
    void stepWithoutARequest_isInTheTraceOfItsSession() {
        daemon.bridge(BridgeOperation.SESSION_CLOSE).session(SESSION).run(step -> {});

        assertThat(here.spans()).extracting(SpanData::getTraceId).containsExactly(DERIVED);
    }

    @Test
    void sessionThatThePathDoesNotName_isTheProgramsToName() {
        daemon.request("POST", "/session").session(SESSION).start().responded(200);
        daemon.request("POST", "/session").session(null).start().responded(200);

        assertThat(here.spans().get(0).getTraceId()).isEqualTo(DERIVED);
        assertThat(here.spans().get(1).getTraceId()).isNotEqualTo(DERIVED);
    }

    @ParameterizedTest
    @CsvSource({
        "POST /session/:id/prompt, /session/a%3Ab/prompt?x, a:b",
        "POST /v1/sessions/:key, /v1/sessions/a, a",
        "POST /chat/:sessionId, /chat/a, a",
        "POST /chat/:session, /chat/a/, a",
        "POST /chat/:session_id, /chat/a, a",
        "POST /chat/:id, /chat/a,",
        "POST /session/new, /session/new,",
        "POST /session/:id, /session/%zz,",
        "POST /session/:id, /session/a%20b,",
    })
    void sessionOfThePath_isFoundByItsPlace(String route, String path, String session) {
        daemon = DaemonTelemetry.builder(here.openTelemetry())
                .routes(Routes.of(route))
                .build();
        daemon.request("POST", path).start().responded(200);

        String derived = TraceIds.ofSession(session == null ? "a" : session);
        if (session == null) {
            assertThat(here.spans().get(0).getTraceId()).isNotEqualTo(derived);
        } else {
            assertThat(here.spans().get(0).getTraceId()).isEqualTo(derived);
        }
        assertThat(text(here.spans().get(0), "session.id"))
                .as("only what the program has checked is shown")
                .isNull();
    }

    private void prompt(String id, Map<String, String> headers) {
        DaemonRequest request = daemon.request("POST", "/session/" + SESSION + "/prompt")
                .headers(headers, DaemonExtension.HEADERS)
                .start();
        QueuedPrompt queued;
        try (Scope ignored = request.makeCurrent()) {
            request.session(SESSION);
            queued = daemon.queued();
        }
        queued.dispatch().run(step -> {
            Map<String, Object> sent =
                    EnvelopeCarrier.reference().inject(Context.current(), Map.<String, Object>of("prompt", id));
            Context parent = EnvelopeCarrier.reference().extract(sent);
            agent.interaction(id).parent(parent).session(SESSION).run(turn -> turn.tool("search")
                    .run(tool -> {}));
        });
        request.responded(200);
    }

    private List<SpanData> all() {
        List<SpanData> all = new ArrayList<>(here.spans());
        all.addAll(child.spans());
        return all;
    }
}
