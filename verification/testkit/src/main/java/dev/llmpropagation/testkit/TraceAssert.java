package dev.llmpropagation.testkit;

import dev.llmpropagation.testkit.trace.SpanTree;
import dev.llmpropagation.testkit.trace.TraceSpan;
import dev.llmpropagation.testkit.trace.Waterfall;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.assertj.core.api.AbstractAssert;

/** How spans hang together. */
public final class TraceAssert extends AbstractAssert<TraceAssert, List<TraceSpan>> {

    TraceAssert(List<TraceSpan> actual) {
        super(actual, TraceAssert.class);
    }

    /**
     * The spans are these and no others. Each line is the name of a span; its children are indented by two blanks more, in
     * the order of their starts. Attributes that matter may follow the name:
     *
     * <pre>{@code
     * interaction
     *   POST [http.response.status_code=429, llm_propagation.outcome=failed]
     *   POST [http.response.status_code=200]
     * }</pre>
     *
     * @throws IllegalArgumentException if the indentation makes no tree
     */
    public TraceAssert hasTree(String expected) {
        isNotNull();
        TreeText text = TreeText.parse(expected);
        String seen = text.sameOf(SpanTree.of(actual));
        if (!seen.equals(text.toString())) {
            throw failureWithActualExpected(
                    seen,
                    text.toString(),
                    "Expected the spans%n%s%nbut they are%n%s%n%s%n%s",
                    text.toString().indent(2),
                    seen.indent(2),
                    text.nearMiss(actual),
                    waterfall());
        }
        return this;
    }

    /** Every span has ended, its parent is here, and each trace has one root. */
    public TraceAssert isComplete() {
        isNotNull();
        List<String> problems = new ArrayList<>();
        Map<String, TraceSpan> byId =
                actual.stream().collect(Collectors.toMap(TraceSpan::spanId, Function.identity(), (a, b) -> a));
        Map<String, List<TraceSpan>> roots = actual.stream()
                .filter(span -> span.parentSpanId().isEmpty())
                .collect(Collectors.groupingBy(TraceSpan::traceId));
        for (TraceSpan span : actual) {
            TraceSpan parent = byId.get(span.parentSpanId());
            if (span.name().endsWith(RecordedSpans.NOT_ENDED)) {
                problems.add('"' + span.name() + '"');
            }
            if (!span.parentSpanId().isEmpty() && parent == null) {
                problems.add('"' + span.name() + "\" has a parent that is not here: " + span.parentSpanId());
            } else if (parent != null && !parent.traceId().equals(span.traceId())) {
                problems.add('"' + span.name() + "\" is in another trace than its parent \"" + parent.name() + '"');
            }
        }
        roots.forEach((traceId, several) -> {
            if (several.size() > 1) {
                problems.add("trace " + traceId + " has " + several.size() + " roots: "
                        + several.stream().map(root -> '"' + root.name() + '"').collect(Collectors.joining(", ")));
            }
        });
        if (actual.isEmpty()) {
            problems.add("there are no spans");
        }
        if (!problems.isEmpty()) {
            failWithMessage(
                    "Expected a complete trace, but%n  %s%n%s",
                    String.join(System.lineSeparator() + "  ", problems), waterfall());
        }
        return this;
    }

    private String waterfall() {
        return String.join(System.lineSeparator(), Waterfall.draw(actual));
    }
}
