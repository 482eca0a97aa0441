package dev.llmpropagation.doctor.daemon;

import dev.llmpropagation.testkit.trace.TraceSpan;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The spans of one prompt, and whether they are as they must be. */
public final class PromptTrace {

    private static final String PROMPT = "qwen-code.prompt_id";

    private PromptTrace() {}

    /** The spans of the traces in which this prompt is. */
    public static List<TraceSpan> of(String promptId, Collection<TraceSpan> all) {
        List<String> traces = all.stream()
                .filter(span -> span.text(PROMPT).filter(promptId::equals).isPresent())
                .map(TraceSpan::traceId)
                .distinct()
                .toList();
        return all.stream().filter(span -> traces.contains(span.traceId())).toList();
    }

    /** What is wrong with the trace of a prompt that was answered; empty if nothing is. */
    public static List<String> flaws(
            String session, String promptId, List<TraceSpan> spans, Collection<Models.Received> requests) {
        List<String> flaws = new ArrayList<>();
        Map<String, TraceSpan> byId =
                spans.stream().collect(Collectors.toMap(TraceSpan::spanId, Function.identity(), (one, other) -> one));
        long roots =
                spans.stream().filter(span -> span.parentSpanId().isEmpty()).count();
        if (roots != 1 || spans.stream().map(TraceSpan::traceId).distinct().count() != 1) {
            flaws.add("is not one tree: " + roots + " roots");
        }
        for (TraceSpan span : spans) {
            if (!span.parentSpanId().isEmpty() && !byId.containsKey(span.parentSpanId())) {
                flaws.add(span.name() + " has an unknown parent");
            }
            if (!session.equals(span.text("session.id").orElse(""))) {
                flaws.add(span.name() + " is not of session " + session);
            }
            if (!promptId.equals(span.text(PROMPT).orElse(""))) {
                flaws.add(span.name() + " is not of prompt " + promptId);
            }
        }
        List<String> attempts = attempts(spans);
        if (attempts.size() != 2) {
            flaws.add("has " + attempts.size() + " wire attempts under its model calls, not 2");
        }
        for (String path : List.of(
                "daemon.request/daemon.bridge/interaction/llm_request",
                "daemon.request/daemon.bridge/interaction/tool/tool.execution")) {
            if (spans.stream().noneMatch(span -> path(span, byId).equals(path))) {
                flaws.add("has no " + path);
            }
        }
        for (String attempt : attempts) {
            long sent = requests.stream()
                    .filter(request -> request.traceparent() != null
                            && request.traceparent().contains('-' + attempt + '-')
                            && session.equals(request.session()))
                    .count();
            if (sent != 1) {
                flaws.add("attempt " + attempt + " is on " + sent + " requests with session " + session);
            }
        }
        return List.copyOf(flaws);
    }

    private static List<String> attempts(List<TraceSpan> spans) {
        List<String> calls = spans.stream()
                .filter(span -> span.name().equals("qwen-code.llm_request"))
                .map(TraceSpan::spanId)
                .toList();
        return spans.stream()
                .filter(span -> calls.contains(span.parentSpanId()))
                .map(TraceSpan::spanId)
                .toList();
    }

    private static String path(TraceSpan span, Map<String, TraceSpan> byId) {
        String name = span.name().replaceFirst("^qwen-code\\.", "");
        TraceSpan parent = byId.get(span.parentSpanId());
        return parent == null ? name : path(parent, byId) + '/' + name;
    }
}
