package dev.llmpropagation.internal.http;

import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.serverError;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.ToldTelemetry;
import dev.llmpropagation.WireExtension;
import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.destination.OtlpEndpoints;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.ModelCallTracer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Our own code fails after the span of the attempt has started. {@link WireExtension} checks that it ends. */
class DroppedAttemptTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    /** No builder lets such a name pass, so it stands for whatever may fail in the steps. */
    private final PropagationSettings settings = new PropagationSettings(
            () -> "s-1",
            DestinationPolicy.all(),
            DestinationPolicy.all(),
            DestinationPolicy.none(),
            OtlpEndpoints.none(),
            "no header\n",
            null,
            List.of(),
            List.of(),
            List.of(),
            Set.of("POST"),
            Set.of(),
            false);

    /** Then the span has started, and nothing of ours holds it yet. */
    private static final Context TAKES_NO_SPAN = new Context() {
        @Override
        public <V> V get(ContextKey<V> key) {
            return Context.root().get(key);
        }

        @Override
        public <V> Context with(ContextKey<V> key, V value) {
            if (value instanceof Span span && span.isRecording()) {
                throw new IllegalStateException("of the program's");
            }
            return Context.root().with(key, value); // the SDK asks for this before the span starts
        }
    };

    @Test
    void contextThatTakesNoSpan_letsTheRequestGoOutAndTheSpanEnd() throws Exception {
        sendUnderIt(wire.openTelemetry);

        wire.told().contains("goes out without headers of ours");
        assertThat(wire.spans()).hasSize(1);
    }

    @Test
    void spanThatFailsAtItsEndAsWell_letsTheRequestGoOut() throws Exception {
        sendUnderIt(ToldTelemetry.of(wire.openTelemetry, (method, argument) -> {
            if (method.equals("Span.end")) {
                throw new IllegalStateException("of the program's");
            }
        }));

        assertThat(wire.diagnostics)
                .hasSize(2)
                .anyMatch(text -> text.contains("goes out without headers of ours"))
                .anyMatch(text -> text.contains("could not be ended"));
        assertThat(wire.spans()).hasSize(1);
    }

    @Test
    void fatalErrorAtThatEnd_reachesTheProgram() {
        OutOfMemoryError fatal = new OutOfMemoryError("of a test");
        OpenTelemetry failing = ToldTelemetry.of(wire.openTelemetry, (method, argument) -> {
            if (method.equals("Span.end")) {
                throw fatal;
            }
        });

        assertThatThrownBy(() -> sendUnderIt(failing)).isSameAs(fatal);
        assertThat(wire.spans()).hasSize(1);
    }

    private void sendUnderIt(OpenTelemetry openTelemetry) throws IOException {
        wire.answers(okJson("{}"));
        OkHttpClient client = client(openTelemetry, null, ClientProfile.of(null));
        try (Scope ignored = TAKES_NO_SPAN.makeCurrent()) {
            assertThat(Requests.body(client, Requests.get(wire.url("/")))).isEqualTo("{}");
        }
    }

    private OkHttpClient client(
            OpenTelemetry openTelemetry, @Nullable ModelCallTracer modelCalls, ClientProfile profile) {
        return new ClientInstrumenter(
                        openTelemetry,
                        null,
                        settings,
                        UnaryOperator.identity(),
                        modelCalls,
                        Diagnostics.to(wire.diagnostics::add))
                .instrument(new OkHttpClient.Builder(), profile)
                .build();
    }

    private ModelCallTracer modelCalls() {
        return ModelCallTracer.OF_AGENT.behind(
                AgentTracing.builder(wire.openTelemetry).build());
    }

    @Test
    void request_goesOutWithoutOurHeadersAndAllSpansEnd() throws Exception {
        wire.answers(okJson("{\"id\":\"c-1\",\"choices\":[]}"));
        OkHttpClient client =
                client(wire.openTelemetry, modelCalls(), ClientProfile.of(null).withModelCalls(url -> "openai"));
        Request request = Requests.post(
                wire.url("/v1/chat/completions"), "{\"model\":\"m\"}", "traceparent", "the program's own");
        assertThat(Requests.body(client, request)).contains("c-1");

        assertThat(wire.request().getHeader("traceparent")).isEqualTo("the program's own");
        assertThat(wire.request().getHeaders().keys()).noneMatch(name -> name.startsWith("no header"));
        wire.told().contains("goes out without headers of ours");
        SpanData attempt = wire.attempt();
        assertThat(number(attempt, "http.response.status_code")).isNull();
        SpanData call = wire.telemetry.span("qwen-code.llm_request");
        assertParent(attempt, call);
        assertThat(outcome(call)).isEqualTo("completed");
        assertThat(text(call, "error.type")).isNull();
    }

    @Test
    void requestThatAsksNoModel_goesOutToo() throws Exception {
        wire.answers(okJson("{}"));
        OkHttpClient client = client(wire.openTelemetry, null, ClientProfile.of(null));
        assertThat(Requests.body(client, Requests.get(wire.url("/")))).isEqualTo("{}");

        wire.told().contains("goes out without headers of ours");
        assertThat(wire.attempt().hasEnded()).isTrue();
    }

    /** The SDK might have tried again, so nothing but the facade tells that the refused attempt was the last. */
    @Test
    void modelCallOfAFacade_endsWhenTheSdkGivesUp() throws Exception {
        wire.answers(serverError());
        LogicalCalls calls = new LogicalCalls();
        LogicalCall logical = new LogicalCall(Context.current());
        OkHttpClient client = client(
                wire.openTelemetry,
                modelCalls(),
                ClientProfile.of(null)
                        .withFacade(calls, "X-Retry-Count", request -> {
                            throw new AssertionError("nobody cancels");
                        })
                        .withModelCalls(url -> "openai"));
        Request request = Requests.post(
                wire.url("/v1/chat/completions"),
                "{\"model\":\"m\"}",
                calls.headers().call(),
                calls.register(logical));
        client.newCall(request).execute().close();
        assertThat(wire.spans()).hasSize(1);
        logical.finished();

        assertThat(wire.spans()).hasSize(2);
        assertThat(text(wire.spans().get(0), "error.type")).isEqualTo("500");
    }
}
