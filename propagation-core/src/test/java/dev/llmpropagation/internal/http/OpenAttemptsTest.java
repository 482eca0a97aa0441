package dev.llmpropagation.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.destination.OtlpEndpoints;
import dev.llmpropagation.internal.span.Diagnostics;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.ResponseBody;
import okio.Buffer;
import okio.ForwardingSource;
import okio.Okio;
import okio.Source;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A collector may hand over a handle that nobody refers to any more. */
class OpenAttemptsTest {

    private final Call call = new OkHttpClient()
            .newCall(new Request.Builder().url("http://localhost/").build());
    private final AttemptTracer spans = new AttemptTracer(
            settings(), AttemptInstruments.of(OpenTelemetry.noop(), null), Diagnostics.to(text -> {}));

    @Test
    void bodyThatIsDone_isNotAbandonedHoweverLateItsReferenceComes() {
        AttemptSpan done = attempt();
        OpenBody body = forget(done);
        done.bodyEnded();
        done.bodyEnded();
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            System.gc();
            return body.refersTo(null);
        });
        AttemptSpan forgotten = attempt();
        OpenBody later = forget(forgotten);
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            System.gc();
            spans.open().sweep();
            return forgotten.hasEnded();
        });

        assertThat(later.refersTo(null)).isTrue();
        assertThat(done.hasEnded()).isFalse();
    }

    /** The program closes this library, and loses a body after that: its connection is freed all the same. */
    @Test
    void bodyThatIsLostAfterItsAttemptHasEnded_isClosed() {
        AtomicBoolean closed = new AtomicBoolean();
        AttemptSpan attempt = attempt();
        attempt.follow(new Buffer(), closing(() -> closed.set(true)));
        spans.open().cancelAll();
        assertThat(attempt.hasEnded()).isTrue();

        await().atMost(Duration.ofSeconds(30)).until(() -> {
            System.gc();
            spans.open().sweep();
            return closed.get();
        });
    }

    /** The program closes this library while a response comes. */
    @Test
    void bodyThatComesAfterItsAttemptHasEnded_isClosedIfItIsLost() {
        AtomicBoolean closed = new AtomicBoolean();
        respondAfterTheEnd(closing(() -> closed.set(true)));

        await().atMost(Duration.ofSeconds(30)).until(() -> {
            System.gc();
            spans.open().sweep();
            return closed.get();
        });
    }

    /** Not by the test: nothing but these open attempts may know it. */
    private void respondAfterTheEnd(ResponseBody body) {
        AttemptSpan attempt = attempt();
        spans.open().cancelAll();
        attempt.follow(new Buffer(), body);
    }

    /** What can be the last of an attempt. */
    private enum End implements Consumer<AttemptSpan> {
        NO_BODY(AttemptSpan::completed),
        DROPPED(AttemptSpan::dropped),
        FAILED(attempt -> attempt.failed(new IOException())),
        END_OF_THE_PROGRAM(AttemptSpan::programEnds),
        READ(attempt -> {
            follow(attempt);
            attempt.completed();
            attempt.bodyEnded();
        }),
        READ_THE_OTHER_WAY(attempt -> {
            follow(attempt);
            attempt.bodyEnded();
            attempt.completed();
        }),
        READ_AFTER_THE_END_OF_THE_PROGRAM(attempt -> {
            attempt.programEnds();
            follow(attempt);
            attempt.bodyEnded();
            attempt.bodyEnded();
        });

        private final Consumer<AttemptSpan> steps;

        End(Consumer<AttemptSpan> steps) {
            this.steps = steps;
        }

        @Override
        public void accept(AttemptSpan attempt) {
            steps.accept(attempt);
        }

        private static void follow(AttemptSpan attempt) {
            attempt.follow(new Buffer(), ResponseBody.create("hello", null));
        }
    }

    /** A client lives as long as its program: what is over must not gather in it. */
    @ParameterizedTest
    @EnumSource
    void attemptThatIsOver_isNotKept(End end) {
        AttemptSpan before = attempt();
        WeakReference<AttemptSpan> over = over(end);
        AttemptSpan after = attempt();
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            System.gc();
            return over.refersTo(null);
        });

        assertThat(before.hasEnded() || after.hasEnded()).isFalse();
        spans.open().cancelAll();
        assertThat(before.hasEnded() && after.hasEnded()).isTrue();
    }

    private WeakReference<AttemptSpan> over(End end) {
        AttemptSpan attempt = attempt();
        end.accept(attempt);
        return new WeakReference<>(attempt);
    }

    /** At its end, by a listener of its call, or at its close. */
    @ParameterizedTest
    @CsvSource({"true,false,false", "false,true,false", "true,true,false", "false,false,true"})
    void lostBody_isClosedWhateverFailsFatally(boolean atTheEnd, boolean atTheCancel, boolean atTheClose) {
        OutOfMemoryError fatal = new OutOfMemoryError("of a test");
        AtomicBoolean closed = new AtomicBoolean();
        Call listened = new OkHttpClient.Builder()
                .eventListener(new EventListener() {
                    @Override
                    public void canceled(Call canceled) {
                        raiseIf(atTheCancel, fatal);
                    }
                })
                .build()
                .newCall(call.request());
        AttemptTracer failing = new AttemptTracer(
                settings(),
                AttemptInstruments.of(OpenTelemetry.noop(), null),
                Diagnostics.to(text -> raiseIf(atTheEnd, fatal)));
        attempt(failing, listened).follow(new Buffer(), closing(() -> {
            closed.set(true);
            raiseIf(atTheClose, fatal);
        }));

        await().atMost(Duration.ofSeconds(30)).until(() -> {
            System.gc();
            try {
                failing.open().sweep();
                return false;
            } catch (OutOfMemoryError e) {
                assertThat(e).isSameAs(fatal);
                return true;
            }
        });
        assertThat(closed).isTrue();
        assertThat(listened.isCanceled()).isTrue();
    }

    private static void raiseIf(boolean condition, Error error) {
        if (condition) {
            throw error;
        }
    }

    /** The program's own, from an interceptor: the sweep is made on the way of another call. */
    @Test
    void lostBodyThatCannotBeClosed_isNoFailureOfTheSweep() {
        AtomicBoolean closed = new AtomicBoolean();
        attempt().follow(new Buffer(), closing(() -> {
            closed.set(true);
            throw new AssertionError("SECRET");
        }));

        await().atMost(Duration.ofSeconds(30)).until(() -> {
            System.gc();
            spans.open().sweep();
            return closed.get();
        });
    }

    private OpenBody forget(AttemptSpan attempt) {
        attempt.follow(new Buffer(), ResponseBody.create("hello", null));
        return attempt.openBody;
    }

    private static ResponseBody closing(Runnable close) {
        Source source = new ForwardingSource(new Buffer()) {
            @Override
            public void close() {
                close.run();
            }
        };
        return ResponseBody.create(Okio.buffer(source), null, 5);
    }

    private AttemptSpan attempt() {
        return attempt(spans, call);
    }

    private static AttemptSpan attempt(AttemptTracer spans, Call call) {
        CallState state = new CallState(call, new LogicalCall(Context.root(), false), null, null, 0, 0, Context.root());
        ShownPlace place = ShownPlace.of(call.request(), call.request());
        return new AttemptSpan(spans, Span.getInvalid(), true, call.request(), place, state, Context.root());
    }

    private static PropagationSettings settings() {
        return new PropagationSettings(
                null,
                DestinationPolicy.none(),
                DestinationPolicy.none(),
                DestinationPolicy.none(),
                OtlpEndpoints.none(),
                "X-Session",
                null,
                List.of(),
                List.of(),
                List.of(),
                Set.of(),
                Set.of(),
                false);
    }
}
