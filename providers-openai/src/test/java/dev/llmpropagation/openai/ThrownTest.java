package dev.llmpropagation.openai;

import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.Sleeper;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.HttpResponse;
import com.openai.core.http.HttpResponseFor;
import com.openai.core.http.ResponseConnection;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionListPage;
import dev.llmpropagation.fixtures.NoSleep;
import dev.llmpropagation.fixtures.ServiceWire;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.InterruptedIOException;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import okhttp3.Dns;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever is thrown reaches the program as from the bare SDK, declared or not: the SDK, being Kotlin, declares nothing.
 * Each case is run with both.
 */
class ThrownTest {

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    private interface Call {
        void make(OpenAIClient client) throws Throwable;
    }

    /** A way to call that stays on the caller's thread. */
    enum Form {
        CALL(true, client -> SdkWire.ask(client)),
        STREAM(true, client -> {
            try (StreamResponse<ChatCompletionChunk> response = SdkWire.stream(client)) {
                response.stream().forEach(chunk -> {});
            }
        }),
        RAW(true, client -> {
            try (HttpResponseFor<ChatCompletion> response =
                    client.withRawResponse().chat().completions().create(SdkWire.chat())) {
                response.parse();
            }
        }),
        RAW_STREAM(true, client -> {
            try (HttpResponseFor<StreamResponse<ChatCompletionChunk>> response =
                            client.chat().withRawResponse().completions().createStreaming(SdkWire.chat());
                    Stream<ChatCompletionChunk> chunks = response.parse().stream()) {
                chunks.iterator().forEachRemaining(chunk -> {});
            }
        }),
        DERIVED(true, client -> client.withOptions(options -> options.maxRetries(1))
                .chat()
                .completions()
                .create(SdkWire.chat())),
        LIST(false, client -> client.chat().completions().list()),
        CONTENT(false, client -> {
            try (HttpResponse response = client.files().content("f-1")) {
                response.body().readAllBytes();
            }
        }),
        NOTHING(false, client -> client.files().delete("f-1"));

        final boolean isModelCall;
        final Call call;

        Form(boolean isModelCall, Call call) {
            this.isModelCall = isModelCall;
            this.call = call;
        }
    }

    /** What the program caught, and whether its thread's flag was set then. */
    private record Caught(Throwable thrown, boolean interrupted) {

        List<String> chain() {
            List<String> chain = new ArrayList<>();
            for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
                chain.add(cause.getClass().getName() + ": " + cause.getMessage());
            }
            return chain;
        }

        Throwable rootCause() {
            Throwable cause = thrown;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            return cause;
        }
    }

    @ParameterizedTest
    @EnumSource
    void interruptedBeforeTheCall(Form form) throws Exception {
        wire.answers(answer(form));
        Caught ours = sameWithBoth(new OkHttpClient(), null, client -> {
            Thread.currentThread().interrupt();
            form.call.make(client);
        });

        assertThat(ours.thrown).isExactlyInstanceOf(InterruptedException.class);
        assertThat(ours.interrupted).isFalse();
        assertThat(wire.requests()).isEmpty();
        assertOutcome(form, "cancelled");
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("cancelled");
    }

    @ParameterizedTest
    @EnumSource
    void interruptedInTheWaitForARetry(Form form) throws Exception {
        wire.answers(WireMock.serviceUnavailable().withHeader("Retry-After", "8"));
        Caught ours = sameWithBoth(new OkHttpClient(), null, client -> {
            interruptWhenIn("com.openai.core.DefaultSleeper");
            form.call.make(client);
        });

        assertThat(ours.thrown).isExactlyInstanceOf(InterruptedException.class);
        assertThat(ours.interrupted).isFalse();
        assertOutcome(form, "cancelled");
        assertThat(text(wire.attempts(1).get(0), "error.type")).isEqualTo("503");
    }

    @ParameterizedTest
    @EnumSource
    void interruptedWhileItConnects(Form form) throws Exception {
        wire.answers(answer(form));
        Dns interrupting = host -> {
            Thread.currentThread().interrupt();
            return Dns.SYSTEM.lookup(host);
        };
        Caught ours = sameWithBoth(new OkHttpClient.Builder().dns(interrupting).build(), null, form.call);

        assertThat(ours.thrown).isExactlyInstanceOf(InterruptedException.class);
        assertOutcome(form, "cancelled");
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("cancelled");
    }

    @ParameterizedTest
    @EnumSource(names = "NOTHING", mode = EnumSource.Mode.EXCLUDE)
    void interruptedBeforeTheAnswerIsRead(Form form) throws Exception {
        wire.answers(answer(form).withChunkedDribbleDelay(3, 100));
        Caught ours = sameWithBoth(
                with(chain -> {
                    okhttp3.Response response = chain.proceed(chain.request());
                    Thread.currentThread().interrupt();
                    return response;
                }),
                null,
                form.call);

        assertThat(ours.chain().toString()).contains("InterruptedIOException");
        assertThat(ours.interrupted).isTrue();
        assertOutcome(form, "cancelled");
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("cancelled");
    }

    /** What a sleeper makes of an interrupt is the program's: if it takes it back, the SDK tries again. */
    @Test
    void interruptThatTheProgramTakesBack_endsNothing() {
        wire.answers(SdkWire.completion());
        AtomicInteger attempts = new AtomicInteger();
        OpenAIClient client = ours(
                with(chain -> {
                    if (attempts.getAndIncrement() == 0) {
                        Thread.currentThread().interrupt();
                        throw new InterruptedIOException("interrupted");
                    }
                    return chain.proceed(chain.request());
                }),
                new NoSleep() {
                    @Override
                    public void sleep(Duration duration) {
                        assertThat(Thread.interrupted()).isTrue();
                    }
                });

        assertThat(SdkWire.ask(client).id()).isEqualTo("c-1");
        assertThat(attempts).hasValue(2);
        assertOutcome(Form.CALL, "completed");
    }

    static Stream<Throwable> thrown() {
        return Stream.of(
                new Checked("of a program"),
                new CloneNotSupportedException(),
                new IllegalStateException("unchecked"),
                new AssertionError("an error"),
                new StackOverflowError());
    }

    @ParameterizedTest
    @MethodSource("thrown")
    void whatAnInterceptorThrows_isCaughtAsTheSameObject(Throwable thrown) throws Exception {
        for (Form form : Form.values()) {
            wire.telemetry.reset();
            Caught ours = sameWithBoth(with(chain -> fail(thrown)), null, form.call);

            assertThat(ours.thrown).isSameAs(thrown);
            assertThat(wire.requests()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("thrown")
    void whatASleeperThrows_isCaughtAsTheSameObject(Throwable thrown) throws Exception {
        wire.answers(WireMock.serviceUnavailable());
        Sleeper failing = new NoSleep() {
            @Override
            public void sleep(Duration duration) {
                fail(thrown);
            }
        };
        for (Form form : Form.values()) {
            wire.telemetry.reset();
            Caught ours = sameWithBoth(new OkHttpClient(), failing, form.call);

            assertThat(ours.thrown).isSameAs(thrown);
            if (form.isModelCall) {
                assertThat(text(wire.modelCall(), "error.type")).isEqualTo("503");
            }
        }
    }

    @Test
    void whatTheProgramsOptionsThrow_isCaughtAsTheSameObject() throws Exception {
        Checked thrown = new Checked("options");
        for (Call call : List.<Call>of(
                client -> client.withOptions(options -> fail(thrown)),
                client -> client.chat().completions().withOptions(options -> fail(thrown)),
                client -> client.async().withOptions(options -> fail(thrown)))) {
            assertThat(sameWithBoth(new OkHttpClient(), null, call).thrown).isSameAs(thrown);
        }
    }

    /** Pages are the SDK's, with a service of ours in them. */
    @Test
    void interruptedInTheWaitForAPage() throws Exception {
        wire.answers(list());
        for (Call next : List.<Call>of(
                client -> nextPage(client).nextPage(),
                client -> nextPage(client).autoPager().stream().limit(2).forEach(item -> {}))) {
            Caught ours = sameWithBoth(new OkHttpClient(), null, client -> {
                wire.answers(list());
                next.make(client);
            });

            assertThat(ours.thrown).isExactlyInstanceOf(InterruptedException.class);
        }
    }

    private ChatCompletionListPage nextPage(OpenAIClient client) {
        ChatCompletionListPage page = client.chat().completions().list();
        wire.answers(WireMock.serviceUnavailable().withHeader("Retry-After", "8"));
        interruptWhenIn("com.openai.core.DefaultSleeper");
        return page;
    }

    @Test
    void webSocket_interruptedBeforeAndInTheHandshake() throws Exception {
        wire.answers(WireMock.ok().withFixedDelay(20_000));
        for (boolean before : new boolean[] {true, false}) {
            wire.telemetry.reset();
            Caught ours = sameWithBoth(new OkHttpClient(), null, client -> {
                if (before) {
                    Thread.currentThread().interrupt();
                } else {
                    interruptWhenIn("java.util.concurrent.CompletableFuture");
                }
                try (ResponseConnection connection = client.responses().connect()) {
                    fail(new AssertionError(connection));
                }
            });

            assertThat(ours.thrown).hasRootCauseInstanceOf(InterruptedException.class);
            assertThat(ours.interrupted).isTrue();
        }
    }

    /** How a program gets what a future holds. */
    enum Way {
        JOIN(CompletableFuture::join),
        GET(future -> future.get(30, TimeUnit.SECONDS)),
        HANDLE(future -> future.handle((value, failure) -> fail(failure)).join()),
        DEPENDENT(future -> future.thenApply(value -> value).get());

        final Getter getter;

        Way(Getter getter) {
            this.getter = getter;
        }

        void get(CompletableFuture<?> future) throws Exception {
            getter.get(future);
        }
    }

    private interface Getter {
        void get(CompletableFuture<?> future) throws Exception;
    }

    @ParameterizedTest
    @EnumSource
    void failuresOfFutures(Way way) throws Exception {
        Checked thrown = new Checked("async");
        // The SDK closes a stream that is not reachable any more, and its future is then completed as if all were well.
        List<AsyncStreamResponse<?>> reachable = new CopyOnWriteArrayList<>();
        List<Function<OpenAIClientAsync, CompletableFuture<?>>> calls = List.of(
                client -> SdkWire.ask(client),
                client -> client.withRawResponse().chat().completions().create(SdkWire.chat()),
                client -> client.chat().completions().list(),
                client -> {
                    AsyncStreamResponse<?> stream = SdkWire.stream(client);
                    reachable.add(stream);
                    return stream.onCompleteFuture();
                });
        wire.answers(WireMock.serviceUnavailable());
        for (Function<OpenAIClientAsync, CompletableFuture<?>> call : calls) {
            for (boolean throwing : new boolean[] {true, false}) {
                Sleeper sleeper = new NoSleep() {
                    @Override
                    public CompletableFuture<Void> sleepAsync(Duration duration) {
                        return throwing ? fail(thrown) : CompletableFuture.failedFuture(thrown);
                    }
                };
                Caught ours = sameWithBoth(new OkHttpClient(), sleeper, client -> way.get(call.apply(client.async())));
                assertThat(ours.rootCause()).isSameAs(thrown);
            }
        }
        Reference.reachabilityFence(reachable);
        wire.answers(WireMock.okJson("<html>"));
        sameWithBoth(new OkHttpClient(), null, client -> way.get(calls.get(0).apply(client.async())));
    }

    @Test
    void failuresOfAsyncStreams_reachTheirHandlers() throws Exception {
        for (ResponseDefinitionBuilder answer : List.of(
                WireMock.badRequest(),
                ServiceWire.events("data: {\"id\":\n\n"),
                ServiceWire.events("data: {\"error\":{\"code\":\"x\"}}\n\n"))) {
            wire.answers(answer);
            sameWithBoth(
                    new OkHttpClient(),
                    new NoSleep(),
                    client -> fail(SdkWire.endOf(SdkWire.stream(client.async())).orElseThrow()));
        }
    }

    private static ResponseDefinitionBuilder answer(Form form) {
        return switch (form) {
            case STREAM, RAW_STREAM -> SdkWire.chunks(3);
            case LIST -> list();
            case NOTHING -> okJson("{\"id\":\"f-1\",\"object\":\"file\",\"deleted\":true}");
            default -> SdkWire.completion();
        };
    }

    private static ResponseDefinitionBuilder list() {
        return okJson("{\"object\":\"list\",\"data\":[" + SdkWire.COMPLETION
                + "],\"has_more\":true,\"first_id\":\"c-1\",\"last_id\":\"c-1\"}");
    }

    /** Runs the call on the bare SDK, then on ours, and wants the same to be caught. Returns what ours did. */
    private Caught sameWithBoth(OkHttpClient base, @Nullable Sleeper sleeper, Call call) throws Exception {
        OpenAIOkHttpClient.Builder builder = OpenAIOkHttpClient.builder()
                .baseUrl(wire.url("/v1"))
                .apiKey("sk-test")
                .okHttpClient(base);
        if (sleeper != null) {
            builder.sleeper(sleeper);
        }
        OpenAIClient bare = builder.build();
        Caught expected = onThread(bare, call);
        bare.close();
        wire.server.resetRequests();
        Caught ours = onThread(ours(base, sleeper), call);

        assertThat(ours.chain()).isEqualTo(expected.chain());
        assertThat(ours.interrupted).as("flag").isEqualTo(expected.interrupted);
        return ours;
    }

    private OpenAIClient ours(OkHttpClient base, @Nullable Sleeper sleeper) {
        OpenAIClient client = OpenAiClientFactory.builder(wire.propagation)
                .httpClient(base)
                .build()
                .client(sdk -> {
                    sdk.baseUrl(wire.url("/v1")).apiKey("sk-test");
                    if (sleeper != null) {
                        sdk.sleeper(sleeper);
                    }
                });
        return wire.managed(client, client::close);
    }

    private static Caught onThread(OpenAIClient client, Call call) throws Exception {
        CompletableFuture<Caught> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            Throwable thrown = catchThrowable(() -> call.make(client));
            result.complete(new Caught(thrown, Thread.interrupted()));
        });
        thread.setDaemon(true);
        thread.start();
        Caught caught = result.get(60, TimeUnit.SECONDS);
        assertThat(caught.thrown).isNotNull();
        return caught;
    }

    /** Interrupts the caller when it has got to this class. */
    private static void interruptWhenIn(String className) {
        Thread caller = Thread.currentThread();
        Thread interrupter = new Thread(() -> {
            await().until(() -> caller.getState() != Thread.State.RUNNABLE
                    && Stream.of(caller.getStackTrace())
                            .anyMatch(frame -> frame.getClassName().equals(className)));
            caller.interrupt();
        });
        interrupter.setDaemon(true);
        interrupter.start();
    }

    private void assertOutcome(Form form, String outcome) {
        if (form.isModelCall) {
            await().untilAsserted(() -> assertThat(wire.openSpans()).isEmpty());
            SpanData call = wire.modelCall();
            assertThat(outcome(call)).isEqualTo(outcome);
            assertThat(flag(call, "success")).isEqualTo(outcome.equals("completed"));
            assertThat(text(call, "error.type")).isNull();
        }
    }

    private static OkHttpClient with(Interceptor interceptor) {
        return new OkHttpClient.Builder().addInterceptor(interceptor).build();
    }

    private static <T> T fail(Throwable thrown) {
        throw ThrownTest.<RuntimeException>undeclared(thrown);
    }

    @SuppressWarnings("unchecked") // as Kotlin throws it
    private static <E extends Throwable> E undeclared(Throwable thrown) throws E {
        throw (E) thrown;
    }

    /** Nothing declares it. */
    static final class Checked extends Exception {
        private static final long serialVersionUID = 1;

        Checked(String message) {
            super(message);
        }
    }
}
