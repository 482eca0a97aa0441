package dev.llmpropagation.internal.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.destination.OtlpEndpoints;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.span.Diagnostics;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Set;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.ResponseBody;
import okio.Buffer;
import org.junit.jupiter.api.Test;

/** A collector may hand over a handle that nobody refers to any more. */
class OpenBodiesTest {

    private final Call call = new OkHttpClient().newCall(Requests.get("http://localhost/"));
    private final OpenBodies bodies = new OpenBodies();

    @Test
    void bodyThatIsDone_isNotAbandonedHoweverLateItsHandleComes() {
        AttemptSpan done = attempt();
        OpenBodies.Handle handle = forget(done);
        handle.done();
        handle.done();
        await().until(() -> {
            System.gc();
            return handle.refersTo(null);
        });
        AttemptSpan forgotten = attempt();
        OpenBodies.Handle later = forget(forgotten);
        await().until(() -> {
            System.gc();
            bodies.sweep();
            return forgotten.hasEnded();
        });

        assertThat(later.refersTo(null)).isTrue();
        assertThat(done.hasEnded()).isFalse();
    }

    private OpenBodies.Handle forget(AttemptSpan attempt) {
        return bodies.track(new Buffer(), attempt, ResponseBody.create("hello", null));
    }

    private AttemptSpan attempt() {
        PropagationSettings settings = new PropagationSettings(
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
        AttemptTracer spans = new AttemptTracer(
                settings, AttemptInstruments.of(OpenTelemetry.noop(), null), Diagnostics.to(text -> {}));
        CallState state = new CallState(call, new LogicalCall(Context.root(), false), null, null, 0, 0, Context.root());
        ShownPlace place = ShownPlace.of(call.request(), call.request());
        return new AttemptSpan(spans, Span.getInvalid(), true, call.request(), place, state, Context.root());
    }
}
