package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.serviceUnavailable;
import static com.github.tomakehurst.wiremock.client.WireMock.temporaryRedirect;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.agent.Tool;
import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.fixtures.InTurn;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.LogRecordProcessor;
import io.opentelemetry.sdk.logs.ReadWriteLogRecord;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Model calls of any OkHttpClient: what goes over the wire, and the spans of it. */
class ModelCallWireTest {

    private static final String MARKER = "OPAQUE-3c1f";

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @Test
    void pitfall_24_promptId_isOnTheModelCallAroundTheRequest() throws Exception {
        answer("{}");
        LlmPropagation propagation = wire.propagation().build();
        OkHttpClient client = client(propagation, new OkHttpClient.Builder());
        propagation.agent().interaction("p-1").session("s").run(turn -> assertThat(
                        ask(client, "/v1/chat/completions", "{\"model\":\"m\"}"))
                .isEqualTo("{}"));
        SpanData call = wire.telemetry.span("qwen-code.llm_request");
        assertThat(text(call, "qwen-code.prompt_id")).isEqualTo("p-1");
        assertParent(wire.attempt(), call);
        assertThat(wire.request().getHeader("traceparent")).contains(call.getTraceId());
    }

    @Test
    void pitfall_30_toolThatEndsAfterItsInteraction_keepsItsOutcome() {
        LlmPropagation propagation = wire.propagation().build();
        Interaction turn = propagation.agent().interaction("p").session("s").start();
        Tool tool = turn.tool("t").start();
        turn.completed();
        propagation.sweep();
        tool.failed("broken");
        assertThat(outcome(wire.telemetry.span("qwen-code.tool"))).isEqualTo("failed");
        assertThat(text(wire.telemetry.span("qwen-code.tool"), "error.type")).isEqualTo("broken");
        assertThat(text(wire.telemetry.span("qwen-code.tool"), "session.id")).isEqualTo("s");
    }

    @Test
    void pitfall_39_timeoutOfTheClient_isToldFromAnIdleStream() {
        wire.answers(okJson("{}").withFixedDelay(30_000));
        LlmPropagation propagation = wire.propagation().build();
        OkHttpClient client = client(propagation, new OkHttpClient.Builder().readTimeout(Duration.ofMillis(300)));
        assertThatThrownBy(() -> ask(client, "/v1/chat/completions", "{\"model\":\"m\",\"stream\":true}"))
                .isInstanceOf(SocketTimeoutException.class);
        SpanData call = wire.telemetry.span("qwen-code.llm_request");
        assertThat(outcome(call)).isEqualTo("timed_out");
        assertThat(outcome(wire.attempt())).isEqualTo("timed_out");
        assertThat(flag(call, "stream.timed_out")).isNull();
    }

    @Test
    void pitfall_11_43_streamReadAfterASwitch_keepsItsSession() throws Exception {
        wire.answers(okJson("data: {\"id\":\"c-1\",\"choices\":[]}\n\ndata: [DONE]\n\n")
                .withHeader("Content-Type", "text/event-stream"));
        AtomicReference<String> current = new AtomicReference<>("before");
        LlmPropagation propagation = wire.propagation().sessionId(current::get).build();
        OkHttpClient client = client(propagation, new OkHttpClient.Builder());
        try (Response response = client.newCall(request("/v1/chat/completions", "{\"model\":\"m\",\"stream\":true}"))
                .execute()) {
            current.set("after");
            response.body().string();
        }
        SpanData call = wire.telemetry.span("qwen-code.llm_request");
        assertThat(text(call, "session.id"))
                .isEqualTo("before")
                .isEqualTo(text(wire.attempt(), "session.id"))
                .isEqualTo(wire.request().getHeader("X-Qwen-Code-Session-Id"));
        assertThat(text(call, "gen_ai.response.id")).isEqualTo("c-1");
    }

    @Test
    void pitfall_122_streamThatIsClosedEarly_isNoSuccessAndNoError() throws Exception {
        wire.answers(okJson("data: {\"id\":\"c-1\",\"choices\":[]}\n\n".repeat(10_000))
                .withHeader("Content-Type", "text/event-stream"));
        LlmPropagation propagation = wire.propagation().build();
        OkHttpClient client = client(propagation, new OkHttpClient.Builder());
        try (Response response = client.newCall(request("/v1/chat/completions", "{\"model\":\"m\",\"stream\":true}"))
                .execute()) {
            assertThat(response.body().source().readUtf8Line()).contains("c-1");
        }
        SpanData call = wire.telemetry.span("qwen-code.llm_request");
        assertThat(outcome(call)).isEqualTo("interrupted");
        assertThat(flag(call, "success")).isFalse();
        assertThat(text(call, "error.type")).isNull();
        assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    }

    @Test
    void pitfall_80_opaqueFieldsOfTheProvider_areNowhere() throws Exception {
        LlmPropagation propagation = wire.propagation()
                .agent(options -> options.content(ContentCapture.on()))
                .build();
        OkHttpClient client = client(propagation, new OkHttpClient.Builder());
        // Under names that are read elsewhere: a reader that looks for these at any depth would show them.
        String opaque = "{\"type\":\"reasoning\",\"id\":\"MARKER\",\"model\":\"MARKER\",\"status\":\"MARKER\","
                        .replace("MARKER", MARKER)
                + "\"service_tier\":\"MARKER\",\"code\":\"MARKER\",\"encrypted_content\":\"MARKER\"}"
                        .replace("MARKER", MARKER);
        answer("{\"output\":[" + opaque + "],\"id\":\"r-1\",\"error\":{\"code\":\"bad\",\"message\":\"" + MARKER
                + "\",\"param\":" + opaque + "}}");
        ask(client, "/v1/responses", "{\"model\":\"m\",\"input\":[" + opaque + "],\"metadata\":" + opaque + "}");
        // Without a code, another member could stand in for it.
        answer("{\"id\":\"r-3\",\"error\":{\"message\":\"" + MARKER + "\",\"param\":" + opaque + "}}");
        ask(client, "/v1/responses", "{\"model\":\"m\",\"input\":\"x\"}");
        answer(
                "{\"responseId\":\"r-2\",\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\",\"thoughtSignature\":\""
                        + MARKER + "\"}]}}]}");
        ask(
                client,
                "/v1beta/models/m:generateContent",
                "{\"contents\":[{\"parts\":[{\"text\":\"x\",\"thoughtSignature\":\"" + MARKER + "\"}]}]}");
        assertThat(wire.spans())
                .extracting(span -> text(span, "gen_ai.response.id"))
                .contains("r-1", "r-2", "r-3");
        assertThat(wire.spans() + " " + wire.telemetry.metrics() + wire.diagnostics)
                .doesNotContain(MARKER);
    }

    @Test
    void pitfall_117_nothing_isFlushedOnTheWayOfARequest() throws Exception {
        answer("{}");
        Flushes flushes = new Flushes();
        try (OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
                .setTracerProvider(
                        SdkTracerProvider.builder().addSpanProcessor(flushes).build())
                .setLoggerProvider(SdkLoggerProvider.builder()
                        .addLogRecordProcessor(flushes)
                        .build())
                .build()) {
            LlmPropagation propagation = LlmPropagation.builder(sdk).build();
            OkHttpClient client = client(propagation, new OkHttpClient.Builder());
            propagation.agent().sessionStarted("s", null);
            propagation.agent().interaction("p").session("s").run(turn -> {
                turn.tool("t").run(tool -> tool.execution().run(run -> {}));
                ask(client, "/v1/chat/completions", "{\"model\":\"m\"}");
            });
            propagation.agent().sessionEnded("s");
            propagation.sweep();
            propagation.close();
            assertThat(flushes.seen).hasValueGreaterThanOrEqualTo(5);
            assertThat(flushes.flushed).hasValue(0);
        }
    }

    /** One try is refused, the next one is sent elsewhere: that is one retry in three attempts. */
    @Test
    void hopOfARedirect_isAnAttemptAndNoRetry() throws Exception {
        InTurn.answer(
                wire.server,
                urlEqualTo("/v1/chat/completions"),
                serviceUnavailable(),
                temporaryRedirect("/moved").withStatus(307));
        wire.answers("/moved", okJson("{}"));
        OkHttpClient client = ClientInstrumenter.OF_PROPAGATION
                .behind(wire.propagation().build())
                .instrument(
                        new OkHttpClient.Builder(),
                        ClientProfile.of(Origin.parse("baseUrl", wire.url("/")))
                                .withModelCalls(url -> null)
                                .withRetry(chain -> {
                                    Response first = chain.proceed(chain.request());
                                    first.close();
                                    return chain.proceed(chain.request());
                                }))
                .build();
        assertThat(ask(client, "/v1/chat/completions", "{\"model\":\"m\"}")).isEqualTo("{}");

        assertThat(wire.attempts(3))
                .extracting(span -> number(span, "http.response.status_code"))
                .containsExactly(503L, 307L, 200L);
        SpanData call = wire.telemetry.span("qwen-code.llm_request");
        assertThat(number(call, "llm_propagation.attempts")).isEqualTo(3);
        assertThat(outcome(call)).isEqualTo("completed");
        assertThat(wire.points().counts("qwen-code.api.retry.count").values()).containsExactly(1L);
    }

    private void answer(String json) {
        wire.answers(okJson(json));
    }

    private OkHttpClient client(LlmPropagation propagation, OkHttpClient.Builder builder) {
        return ClientInstrumenter.OF_PROPAGATION
                .behind(propagation)
                .instrument(
                        builder,
                        ClientProfile.of(Origin.parse("baseUrl", wire.url("/"))).withModelCalls(url -> null))
                .build();
    }

    private String ask(OkHttpClient client, String path, String json) throws IOException {
        return Requests.body(client, request(path, json));
    }

    private Request request(String path, String json) {
        return Requests.post(wire.url(path), json);
    }

    private static final class Flushes implements SpanProcessor, LogRecordProcessor {
        final AtomicInteger seen = new AtomicInteger();
        final AtomicInteger flushed = new AtomicInteger();

        @Override
        public void onStart(Context parentContext, ReadWriteSpan span) {}

        @Override
        public boolean isStartRequired() {
            return false;
        }

        @Override
        public void onEnd(ReadableSpan span) {
            seen.incrementAndGet();
        }

        @Override
        public boolean isEndRequired() {
            return true;
        }

        @Override
        public void onEmit(Context context, ReadWriteLogRecord logRecord) {}

        @Override
        public CompletableResultCode forceFlush() {
            flushed.incrementAndGet();
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public void close() {}
    }
}
