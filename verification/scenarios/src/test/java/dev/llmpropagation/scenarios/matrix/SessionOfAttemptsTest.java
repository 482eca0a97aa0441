package dev.llmpropagation.scenarios.matrix;

import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.serverError;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.fixtures.InTurn;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A call with one retry: a session from the supplier may change between the attempts, one from the Context may not. */
class SessionOfAttemptsTest {

    @RegisterExtension
    final WireMockExtension server = WireMockExtension.newInstance()
            .options(WireMockConfiguration.options().dynamicPort())
            .build();

    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final OpenTelemetrySdk openTelemetry = telemetry.openTelemetry();
    private final AtomicInteger asked = new AtomicInteger();
    private final LlmPropagation propagation = LlmPropagation.builder(openTelemetry)
            .sessionId(() -> "s-" + asked.incrementAndGet())
            .build();

    @ParameterizedTest
    @CsvSource({"OPENAI,false", "OPENAI,true", "GEMINI,false", "GEMINI,true"})
    void sessionOfTheSupplier_isAskedForOnEachAttempt(Sdk sdk, boolean async) throws Exception {
        call(sdk, async);

        // The first answer is the model call's, which keeps it.
        assertThat(sessionsSent()).containsExactly("s-2", "s-3");
        assertThat(sessionsOfSpans()).containsExactly("s-2", "s-3");
        assertThat(telemetry.spans("qwen-code.llm_request"))
                .extracting(span -> text(span, "session.id"))
                .containsExactly("s-1");
    }

    @ParameterizedTest
    @CsvSource({"OPENAI,false", "OPENAI,true", "GEMINI,false", "GEMINI,true"})
    void sessionOfTheContext_staysForTheWholeCall(Sdk sdk, boolean async) throws Exception {
        try (Scope ignored =
                LlmSession.of("fixed").storeInContext(Context.root()).makeCurrent()) {
            call(sdk, async);
        }

        assertThat(sessionsSent()).containsExactly("fixed", "fixed");
        assertThat(sessionsOfSpans()).containsExactly("fixed", "fixed");
        assertThat(asked).hasValue(0);
    }

    private void call(Sdk sdk, boolean async) throws Exception {
        InTurn.answer(server, serverError(), okJson(sdk.document()));
        if (sdk == Sdk.OPENAI) {
            openAi(async);
        } else {
            gemini(async);
        }
    }

    private void openAi(boolean async) throws Exception {
        OpenAIClient client = OpenAiClientFactory.create(propagation)
                .client(sdk -> sdk.apiKey("SECRET").baseUrl(server.baseUrl() + "/v1"));
        ChatCompletionCreateParams params = ChatQuestion.of("hi");
        if (async) {
            client.async().chat().completions().create(params).get(40, TimeUnit.SECONDS);
        } else {
            client.chat().completions().create(params);
        }
        client.close();
    }

    private void gemini(boolean async) throws Exception {
        HttpOptions options = HttpOptions.builder()
                .baseUrl(server.baseUrl())
                .retryOptions(HttpRetryOptions.builder().initialDelay(0.01).build())
                .build();
        try (Client client = GeminiClientFactory.create(propagation)
                .client(sdk -> sdk.apiKey("SECRET").httpOptions(options))) {
            if (async) {
                client.async.models.generateContent("m", "hi", null).get(40, TimeUnit.SECONDS);
            } else {
                client.models.generateContent("m", "hi", null);
            }
        }
    }

    private List<String> sessionsSent() {
        List<String> sessions = new ArrayList<>();
        server.getAllServeEvents()
                .forEach(event -> sessions.add(0, event.getRequest().getHeader("X-Qwen-Code-Session-Id")));
        return sessions;
    }

    private List<String> sessionsOfSpans() {
        await().until(() -> telemetry.spans().size() == 3);
        return telemetry.spans().stream()
                .filter(span -> span.getInstrumentationScopeInfo().getName().equals("dev.llmpropagation"))
                .sorted(Comparator.comparingLong(SpanData::getStartEpochNanos))
                .map(span -> text(span, "session.id"))
                .toList();
    }
}
