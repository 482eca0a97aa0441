package dev.llmpropagation.openai;

import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.serverError;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.HttpResponseFor;
import com.openai.core.http.StreamResponse;
import com.openai.credential.BearerTokenCredential;
import com.openai.models.beta.agents.AgentSessionEvent;
import com.openai.models.beta.agents.AgentSessionStreamParams;
import com.openai.models.beta.agents.AgentToolHandlers;
import com.openai.models.beta.agents.EnvironmentParam;
import com.openai.models.beta.agents.sessions.SessionCreateParams;
import com.openai.services.beta.agents.AgentTurnResults;
import com.openai.services.blocking.beta.agents.SessionService;
import dev.llmpropagation.fixtures.NoSleep;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Streams of beta Agents have a class of their own, which the SDK's helpers look for, and one of them makes several
 * different requests, some of them only when it is read.
 */
class AgentStreamsTest {

    private static final AttributeKey<Long> RESEND_COUNT = AttributeKey.longKey("http.request.resend_count");

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    private final Span caller = wire.startSpan("caller");
    private final List<String> tools = new CopyOnWriteArrayList<>();

    /** The ways to a stream of one turn, and the requests that each makes. */
    enum Way {
        CREATE(1) {
            @Override
            String result(OpenAIClient client, AgentStreamsTest test) {
                return read(sessions(client).createStreaming(creation()));
            }
        },
        CREATE_RAW(1) {
            @Override
            String result(OpenAIClient client, AgentStreamsTest test) {
                try (HttpResponseFor<StreamResponse<AgentSessionEvent>> response =
                        sessions(client).withRawResponse().createStreaming(creation())) {
                    return read(response.parse());
                }
            }
        },
        CREATE_WITH_TOOLS(2) {
            @Override
            String result(OpenAIClient client, AgentStreamsTest test) {
                return read(sessions(client).createStreaming(creation(), test.handlers()));
            }
        },
        STREAM(4) {
            @Override
            String result(OpenAIClient client, AgentStreamsTest test) {
                return read(sessions(client).stream(test.turn()));
            }
        },
        CREATE_ASYNC(1) {
            @Override
            String result(OpenAIClient client, AgentStreamsTest test) throws Exception {
                return read(client.async().beta().agents().sessions().createStreaming(creation()));
            }
        },
        CREATE_RAW_ASYNC(1) {
            @Override
            String result(OpenAIClient client, AgentStreamsTest test) throws Exception {
                try (HttpResponseFor<StreamResponse<AgentSessionEvent>> response = client.async()
                        .beta()
                        .agents()
                        .sessions()
                        .withRawResponse()
                        .createStreaming(creation())
                        .get(20, TimeUnit.SECONDS)) {
                    return read(response.parse());
                }
            }
        },
        CREATE_WITH_TOOLS_ASYNC(2) {
            @Override
            String result(OpenAIClient client, AgentStreamsTest test) throws Exception {
                return read(client.async().beta().agents().sessions().createStreaming(creation(), test.handlers()));
            }
        },
        STREAM_ASYNC(4) {
            @Override
            String result(OpenAIClient client, AgentStreamsTest test) throws Exception {
                return read(client.async().beta().agents().sessions().stream(test.turn()));
            }
        };

        final int requests;

        Way(int requests) {
            this.requests = requests;
        }

        abstract String result(OpenAIClient client, AgentStreamsTest test) throws Exception;

        private static SessionService sessions(OpenAIClient client) {
            return client.beta().agents().sessions();
        }

        private static String read(StreamResponse<AgentSessionEvent> stream) {
            return AgentTurnResults.getFinalResult(stream).outputText();
        }

        private static String read(AsyncStreamResponse<AgentSessionEvent> stream) throws Exception {
            return AgentTurnResults.getFinalResult(stream)
                    .get(20, TimeUnit.SECONDS)
                    .outputText();
        }

        boolean hasTools() {
            return requests > 1;
        }
    }

    @BeforeEach
    void serviceHasASession() {
        wire.server.stubFor(get(urlPathEqualTo("/v1/agents/sessions/se-1")).willReturn(okJson(session("idle"))));
        wire.server.stubFor(post(urlPathEqualTo("/v1/agents/sessions"))
                .willReturn(events(event("agent.session.created", "\"session\":" + session("in_progress")))));
        wire.server.stubFor(
                get(urlPathEqualTo("/v1/agents/sessions/se-1/events")).willReturn(events("")));
        wire.server.stubFor(
                post(urlPathEqualTo("/v1/agents/sessions/se-1/events")).willReturn(okJson("{\"data\":[]}")));
    }

    @ParameterizedTest
    @EnumSource
    void finalResult_isWhatTheSdkAloneGives(Way way) throws Exception {
        OpenAIClient bare = OpenAIOkHttpClient.builder()
                .baseUrl(wire.url("/v1"))
                .apiKey("sk-test")
                .sleeper(new NoSleep())
                .build();
        try {
            assertThat(way.result(bare, this)).isEqualTo("hello");
        } finally {
            bare.close();
        }
        assertThat(wire.requests()).hasSize(way.requests);
        assertThat(tools).hasSize(way.hasTools() ? 1 : 0);
        wire.server.resetRequests();
        tools.clear();

        assertThat(wire.inSpan(caller, () -> way.result(wire.client(), this))).isEqualTo("hello");

        wire.everyAttemptBelongsTo(caller, way.requests);
        assertThat(wire.attempts(way.requests))
                .extracting(span -> span.getAttributes().get(RESEND_COUNT))
                .containsOnlyNulls();
        assertThat(tools)
                .isEqualTo(way.hasTools() ? List.of(caller.getSpanContext().getSpanId()) : List.of());
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAM", "STREAM_ASYNC"})
    void requestsOfOneStream_countTheirRetriesEach(Way way) throws Exception {
        for (String path : List.of("/v1/agents/sessions/se-1", "/v1/agents/sessions/se-1/events")) {
            wire.server.stubFor(get(urlPathEqualTo(path))
                    .inScenario(path)
                    .whenScenarioStateIs(Scenario.STARTED)
                    .willSetStateTo("failed")
                    .willReturn(serverError()));
        }
        assertThat(wire.inSpan(caller, () -> way.result(wire.client(), this))).isEqualTo("hello");

        wire.everyAttemptBelongsTo(caller, 6);
        assertThat(wire.attempts(6))
                .extracting(span -> span.getAttributes().get(RESEND_COUNT))
                .containsExactly(null, 1L, null, 1L, null, null);
    }

    /** The SDK then sends no header that says which try it is. */
    @ParameterizedTest
    @EnumSource(names = {"STREAM", "STREAM_ASYNC"})
    void requestsOfOneStream_countTheirRetriesEachWithoutTheSdksTelemetry(Way way) throws Exception {
        wire.server.stubFor(get(urlPathEqualTo("/v1/agents/sessions/se-1"))
                .inScenario("fails once")
                .whenScenarioStateIs(Scenario.STARTED)
                .willSetStateTo("failed")
                .willReturn(serverError()));
        OpenAIClient client = wire.client().withOptions(options -> options.disableTelemetry(true));
        assertThat(wire.inSpan(caller, () -> way.result(client, this))).isEqualTo("hello");

        assertThat(wire.attempts(5))
                .extracting(span -> span.getAttributes().get(RESEND_COUNT))
                .startsWith(null, 1L, null, null);
    }

    /** To subscribe would open, or create, a session. The SDK asks for the key of a request when it makes one. */
    @Test
    void streamClosedUnsubscribed_makesNoRequest() {
        AtomicInteger keys = new AtomicInteger();
        OpenAIClientAsync client = wire.asyncClient(
                sdk -> sdk.credential(BearerTokenCredential.create(() -> "sk-" + keys.incrementAndGet())));
        client.beta()
                .agents()
                .sessions()
                .createStreaming(creation(), handlers())
                .close();
        client.beta().agents().sessions().stream(turn()).close();
        caller.end();

        assertThat(keys).hasValue(0);
        client.beta().agents().sessions().createStreaming(creation()).close();
        assertThat(keys).hasValue(1);
    }

    @Test
    void handlers_runWithTheCallersContext() throws Exception {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        CompletableFuture<Void> done = wire.inSpan(caller, () -> {
            AsyncStreamResponse<AgentSessionEvent> stream =
                    wire.client().async().beta().agents().sessions().stream(turn());
            stream.subscribe(event -> seen.add(Span.current().getSpanContext().getSpanId()));
            return stream.onCompleteFuture();
        });
        done.get(20, TimeUnit.SECONDS);

        assertThat(seen)
                .hasSizeGreaterThan(3)
                .containsOnly(caller.getSpanContext().getSpanId());
    }

    private AgentSessionStreamParams turn() {
        return AgentSessionStreamParams.builder()
                .sessionId("se-1")
                .input("hi")
                .toolHandler("weather", arguments -> tool())
                .build();
    }

    private AgentToolHandlers handlers() {
        return AgentToolHandlers.builder()
                .toolHandler("weather", arguments -> tool())
                .build();
    }

    private String tool() {
        tools.add(Span.current().getSpanContext().getSpanId());
        return "rain";
    }

    private static SessionCreateParams creation() {
        return SessionCreateParams.builder()
                .environment(EnvironmentParam.OpenAIHosted.builder().build())
                .agentId("ag-1")
                .input("hi")
                .build();
    }

    private static ResponseDefinitionBuilder events(String first) {
        return ok(first
                        + event("agent.session.turn.created", "\"turn_id\":\"t-1\",\"turn\":" + turn("in_progress"))
                        + event(
                                "agent.session.turn.item.added",
                                "\"turn_id\":\"t-1\",\"output_index\":0,\"item\":{\"id\":\"i-1\",\"type\":\"function_call\","
                                        + "\"name\":\"weather\",\"call_id\":\"c-1\",\"turn_id\":\"t-1\","
                                        + "\"status\":\"in_progress\",\"arguments\":\"{}\"}")
                        + event(
                                "agent.session.turn.item.done",
                                "\"turn_id\":\"t-1\",\"output_index\":1,\"item\":{\"id\":\"i-2\",\"type\":\"message\","
                                        + "\"role\":\"assistant\",\"turn_id\":\"t-1\",\"status\":\"completed\","
                                        + "\"phase\":\"final_answer\","
                                        + "\"content\":[{\"type\":\"output_text\",\"text\":\"hello\"}]}")
                        + event("agent.session.turn.completed", "\"turn_id\":\"t-1\",\"turn\":" + turn("completed"))
                        + event("agent.session.idle", "\"session\":" + session("idle")))
                .withHeader("Content-Type", "text/event-stream");
    }

    private static String event(String type, String fields) {
        return "data: {\"type\":\"" + type + "\",\"event_id\":\"" + type + "\",\"session_id\":\"se-1\"," + fields
                + "}\n\n";
    }

    private static String session(String status) {
        return "{\"id\":\"se-1\",\"object\":\"agent.session\",\"created_at\":1,\"status\":\"" + status
                + "\",\"required_actions\":[]}";
    }

    private static String turn(String status) {
        return "{\"id\":\"t-1\",\"object\":\"agent.session.turn\",\"session_id\":\"se-1\",\"created_at\":1,\"status\":\""
                + status + "\"}";
    }
}
