package dev.llmpropagation.doctor.check;

import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.destination.OtlpEndpoints;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * Whether a header of ours goes to the checked host, and why. Immutable.
 *
 * @param seen whether a request of this check carried it; null if no request was sent
 */
record HeaderAdvice(
        String name, boolean sent, String reason, @Nullable Boolean seen) {

    static final String SESSION_ID = "X-Qwen-Code-Session-Id";
    static final String REQUEST_ID = "X-Qwen-Code-Request-Id";

    private static final String OTLP = "this is an OTLP endpoint, as the environment says.";

    /** @param seen lower-case names of the headers that went out; null if nothing did */
    static List<HeaderAdvice> of(Policies policies, HttpUrl url, @Nullable Set<String> seen) {
        Origin origin = Origin.of(url);
        boolean otlp = OtlpEndpoints.fromEnvironment().matches(url);
        boolean traced = !otlp && policies.trace().allows(url, origin);
        String trace = otlp ? OTLP : reason(policies.trace(), url, origin);
        List<HeaderAdvice> advice = new ArrayList<>();
        advice.add(advice("traceparent", traced, trace, seen));
        advice.add(advice(
                "tracestate", traced, traced ? "it goes with traceparent, where a trace has one." : trace, seen));
        boolean baggage = traced && policies.baggage().allows(url, origin);
        advice.add(advice(
                "baggage",
                baggage,
                traced ? reason(policies.baggage(), url, origin) : otlp ? OTLP : "not without traceparent.",
                seen));
        boolean session = !otlp && policies.session().allows(url, origin);
        advice.add(advice(SESSION_ID, session, otlp ? OTLP : reason(policies.session(), url, origin), seen));
        boolean requestId = traced && policies.requestId();
        advice.add(advice(
                REQUEST_ID,
                requestId,
                policies.requestId() ? trace : "it is off unless the program switches it on: requestId(true).",
                seen));
        return List.copyOf(advice);
    }

    private static HeaderAdvice advice(String name, boolean sent, String reason, @Nullable Set<String> seen) {
        return new HeaderAdvice(name, sent, reason, seen == null ? null : seen.contains(name.toLowerCase(Locale.ROOT)));
    }

    /** Without the verdict that stands before it. */
    private static String reason(DestinationPolicy policy, HttpUrl url, Origin origin) {
        String sentence = policy.explain(url, origin);
        int colon = sentence.indexOf(": ");
        return colon < 0 ? sentence : sentence.substring(colon + 2);
    }

    /** Who may receive what, as the builder of {@code LlmPropagation} has it. */
    record Policies(DestinationPolicy trace, DestinationPolicy session, DestinationPolicy baggage, boolean requestId) {}
}
