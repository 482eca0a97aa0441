package dev.llmpropagation.gemini;

import dev.llmpropagation.internal.http.LogicalCall;
import dev.llmpropagation.internal.span.CurrentContext;
import io.opentelemetry.context.Context;
import java.util.Iterator;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.stream.Stream;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/**
 * Tells of requests that the SDK makes on a thread of its own, where nobody knows whose they are. Stands where a call is
 * made, the one place that is on that thread. Adds no listener.
 */
final class LostCallers implements EventListener.Factory {

    static final String MESSAGE =
            "google-genai made a request on a thread of its own, where its caller is not known: its"
                    + " span is the root of another trace, and it has no session of a Context. Use"
                    + " GeminiClientFactory.async(client) in place of client.async";

    static final String CHUNK_MESSAGE =
            "google-genai sent a piece of an upload to an environment on a thread of its own,"
                    + " where its caller is not known: its span is the root of another trace, and it has no session of a Context."
                    + " Use client.environments.files in place of client.async.environments.files";

    private static final String GENERATED = "com.google.genai.Client$GenAiGaosHttpClient";

    private static final StackWalker STACK = StackWalker.getInstance();

    private final EventListener.Factory program;
    private final CurrentContext current;

    LostCallers(EventListener.Factory program, CurrentContext current) {
        this.program = program;
        this.current = current;
    }

    @Override
    public EventListener create(Call call) {
        Request request = call.request();
        // Not current.caller(): the program is asked for that once a call, and may take it out of where it was kept.
        if (request.tag(LogicalCall.class) == null && current.get() == Context.root() && canBeLost(request)) {
            String message = STACK.walk(frames -> message(request, frames));
            if (message != null) {
                current.diagnostics().accept(message, null);
            }
        }
        return program.create(call);
    }

    /** To look at the stack costs as much as the call, so it is not done on threads that are none of the SDK's. */
    private static boolean canBeLost(Request request) {
        return (Thread.currentThread() instanceof ForkJoinWorkerThread worker
                        && worker.getPool() == ForkJoinPool.commonPool())
                // without a common pool, futures start a thread for each stage, up to Java 24
                || ForkJoinPool.getCommonPoolParallelism() <= 1
                || isPiece(request);
    }

    private static boolean isPiece(Request request) {
        return request.header("X-Goog-Upload-Command") != null;
    }

    /** Null if the program is on this stack: above the SDK's own frames are more than those of a future that runs a stage. */
    private static @Nullable String message(Request request, Stream<StackWalker.StackFrame> frames) {
        boolean piece = isPiece(request);
        boolean generated = false;
        boolean stage = false;
        Iterator<String> names = frames.map(StackWalker.StackFrame::getClassName)
                .dropWhile(name -> !isSdk(name))
                .iterator();
        while (names.hasNext()) {
            String name = names.next();
            // The generated services make a request on the client's dispatcher, whose frames are ours.
            generated |= name.startsWith(GENERATED);
            stage |= name.startsWith("java.util.concurrent.CompletableFuture");
            boolean known = isSdk(name)
                    || name.startsWith("java.")
                    || name.startsWith("jdk.")
                    || (generated && piece && name.startsWith("dev.llmpropagation.internal.http."));
            if (!known) {
                return null;
            }
        }
        return !stage ? null : generated ? CHUNK_MESSAGE : MESSAGE;
    }

    private static boolean isSdk(String className) {
        return className.startsWith("com.google.genai.");
    }
}
