package dev.llmpropagation.gemini;

import static dev.llmpropagation.gemini.GeminiWire.MODEL;
import static dev.llmpropagation.gemini.GeminiWire.answer;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.HttpOptions;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** More calls at once than the dispatcher has slots for, each of a caller of its own. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AsyncContextTest {

    private static final int CALLS = 60; // the dispatcher runs 5 at once

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @Test
    void interceptorsOfTheProgram_seeTheContextOfTheirCall() throws Exception {
        wire.answers(answer().withFixedDelay(20));
        Map<String, String> wrong = new ConcurrentHashMap<>();
        OkHttpClient base = new OkHttpClient.Builder()
                .addInterceptor(chain -> {
                    String seen = sessionOf(Context.current());
                    String own = chain.request().header("own");
                    if (!seen.equals(own)) {
                        wrong.put(String.valueOf(own), seen);
                    }
                    return chain.proceed(chain.request());
                })
                .build();
        Client client = wire.client(
                GeminiClientFactory.builder(wire.propagation).httpClient(base).build(), sdk -> {});
        List<CompletableFuture<?>> calls = new ArrayList<>();
        for (int i = 0; i < CALLS; i++) {
            String session = "s-" + i;
            try (Scope caller = caller(Span.getInvalid(), session).makeCurrent()) {
                calls.add(client.async.models.generateContent(
                        MODEL,
                        "hi",
                        GenerateContentConfig.builder()
                                .httpOptions(HttpOptions.builder()
                                        .headers(Map.of("own", session))
                                        .build())
                                .build()));
            }
        }
        for (CompletableFuture<?> call : calls) {
            call.get(30, TimeUnit.SECONDS);
        }
        assertThat(wrong).isEmpty();
    }

    /**
     * The SDK parses each response on the common pool, which it enters without any Context, and nothing of ours runs
     * there. So a continuation sees the Context of its own call or none; a program that needs it wraps the continuation.
     */
    @Test
    void continuations_seeTheirOwnContextOrNoneAndWrappedOnesAlwaysTheirs() throws Exception {
        wire.answers(answer().withFixedDelay(20));
        Client client = wire.client();
        Map<String, String> plain = new ConcurrentHashMap<>();
        Map<String, String> wrapped = new ConcurrentHashMap<>();
        CountDownLatch done = new CountDownLatch(2 * CALLS);
        for (int i = 0; i < CALLS; i++) {
            String session = "s-" + i;
            try (Scope caller = caller(Span.getInvalid(), session).makeCurrent()) {
                CompletableFuture<?> call = client.async.models.generateContent(MODEL, "hi", null);
                call.whenComplete((response, failure) -> {
                    plain.put(session, sessionOf(Context.current()));
                    done.countDown();
                });
                call.whenComplete(Context.current().wrapConsumer((response, failure) -> {
                    wrapped.put(session, sessionOf(Context.current()));
                    done.countDown();
                }));
            }
        }
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(plain).hasSize(CALLS).allSatisfy((own, seen) -> assertThat(seen)
                .isIn(own, "none"));
        assertThat(wrapped).hasSize(CALLS).allSatisfy((own, seen) -> assertThat(seen)
                .isEqualTo(own));
    }

    private static String sessionOf(Context context) {
        LlmSession session = LlmSession.fromContext(context);
        return session == null ? "none" : session.id();
    }

    private static Context caller(Span span, String session) {
        return Context.root().with(span).with(LlmSession.of(session));
    }

    private Span span(String name) {
        return wire.openTelemetry.getTracer("program").spanBuilder(name).startSpan();
    }
}
