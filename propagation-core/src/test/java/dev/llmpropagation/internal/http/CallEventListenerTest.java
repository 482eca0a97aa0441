package dev.llmpropagation.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.span.Diagnostics;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import java.io.IOException;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Okio's watchdog keeps the timeout of a call that is over, and with it the listener: so that one keeps nothing. */
class CallEventListenerTest {

    private static final ContextKey<String> KEY = ContextKey.named("key");

    static Stream<BiConsumer<CallEventListener, Call>> ends() {
        return Stream.of(
                CallEventListener::callEnd, (capture, call) -> capture.callFailed(call, new IOException("over")));
    }

    @ParameterizedTest
    @MethodSource("ends")
    void captureOfACallThatIsOver_holdsNeitherCallNorContextNorRequest(BiConsumer<CallEventListener, Call> end) {
        Request request = Requests.get("http://h/", "traceparent", "ours");
        Call call = new OkHttpClient().newCall(request);
        StartedCalls started = new StartedCalls();
        CallEventListener capture = new CallEventListener(call, Context.root().with(KEY, "value"), started, null);
        capture.callStart(call);
        capture.sends(request, new StrayRequestReporter(List.of("traceparent"), List.of(), Diagnostics.to(text -> {})));
        capture.requestHeadersEnd(
                call, request.newBuilder().url("http://other/").build());
        assertThat(started.take(call)).isSameAs(capture);
        assertThat(capture.context().get(KEY)).isEqualTo("value");
        assertThat(capture.strayed()).isTrue();

        end.accept(capture, call);

        assertThat(capture.call()).isNull();
        assertThat(capture.context()).isSameAs(Context.root());
        assertThat(capture.strayed()).isFalse();
    }

    /** A dispatcher that is full refuses it, or the program cancels it while it waits. */
    @ParameterizedTest
    @MethodSource("ends")
    void callThatIsOverBeforeItsFirstStep_isNotKeptAsStarted(BiConsumer<CallEventListener, Call> end) {
        StartedCalls started = new StartedCalls();
        WeakReference<CallEventListener> capture = overAtOnce(started, end);

        await().untilAsserted(() -> {
            System.gc();
            assertThat(capture.get()).isNull();
        });
        Reference.reachabilityFence(started);
    }

    private static WeakReference<CallEventListener> overAtOnce(
            StartedCalls started, BiConsumer<CallEventListener, Call> end) {
        Call call = new OkHttpClient().newCall(Requests.get("http://h/"));
        CallEventListener capture = new CallEventListener(call, Context.root(), started, null);
        capture.callStart(call);
        end.accept(capture, call);
        return new WeakReference<>(capture);
    }
}
