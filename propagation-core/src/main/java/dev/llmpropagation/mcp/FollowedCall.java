package dev.llmpropagation.mcp;

import dev.llmpropagation.internal.span.Outcome;
import io.opentelemetry.context.Context;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import reactor.core.publisher.Mono;

/** A call of an asynchronous client: who made it, and whether it was given up, which the transport is not told. */
final class FollowedCall {

    static final String KEY = "dev.llmpropagation.mcp.call";

    private final Context caller;
    private final Queue<McpSpan> spans = new ConcurrentLinkedQueue<>();

    private FollowedCall(Context caller) {
        this.caller = caller;
    }

    static <T> Mono<T> of(Context caller, Mono<T> work) {
        return Mono.defer(() -> {
            FollowedCall call = new FollowedCall(caller);
            return work.doOnError(failure -> call.spans.forEach(span -> span.failed(failure)))
                    .doOnCancel(() -> call.spans.forEach(span -> span.end(Outcome.CANCELLED)))
                    .contextWrite(context -> context.put(KEY, call));
        });
    }

    Context caller() {
        return caller;
    }

    void has(McpSpan span) {
        spans.add(span);
        span.heldBy(this); // the call ends, at the latest, by the requestTimeout of the SDK
    }
}
