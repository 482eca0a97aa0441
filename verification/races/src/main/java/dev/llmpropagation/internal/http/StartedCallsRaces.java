package dev.llmpropagation.internal.http;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.opentelemetry.context.Context;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Calls that start side by side each find what their own listener saw. */
@JCStressTest
@Outcome(id = "true, true", expect = ACCEPTABLE, desc = "each its own")
@Outcome(expect = FORBIDDEN, desc = "lost or mixed up")
@State
public class StartedCallsRaces {

    private static final OkHttpClient CLIENT = new OkHttpClient();
    private static final Request REQUEST =
            new Request.Builder().url("https://api.example.com/").build();

    private final StartedCalls started = new StartedCalls();
    private final Call oneCall = CLIENT.newCall(REQUEST);
    private final Call otherCall = CLIENT.newCall(REQUEST);
    private final CallEventListener one = new CallEventListener(oneCall, Context.root(), started, null);
    private final CallEventListener other = new CallEventListener(otherCall, Context.root(), started, null);

    @Actor
    public void one(ZZ_Result result) {
        started.put(oneCall, one);
        result.r1 = started.take(oneCall) == one;
    }

    @Actor
    public void other(ZZ_Result result) {
        started.put(otherCall, other);
        result.r2 = started.take(otherCall) == other;
    }
}
