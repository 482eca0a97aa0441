package dev.llmpropagation.doctor;

import dev.llmpropagation.testkit.trace.SpanTree;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What must hold in every scenario, given its hops. */
final class Checks {

    private static final int SAMPLED = 1;

    private final Scenario scenario;
    private final Evidence evidence;
    private final List<TraceSpan> attempts;
    private final List<Check> checks = new ArrayList<>();

    private Checks(Scenario scenario, Evidence evidence) {
        this.scenario = scenario;
        this.evidence = evidence;
        this.attempts = evidence.attempts();
    }

    static List<Check> of(Scenario scenario, Evidence evidence) {
        Checks checks = new Checks(scenario, evidence);
        checks.program();
        if (scenario.hops().isEmpty()) {
            checks.nothingOfOurs();
        } else {
            checks.wire();
            checks.spans();
        }
        checks.always();
        return List.copyOf(checks.checks);
    }

    private void program() {
        checks.add(Check.equal("the program gets: " + scenario.answer(), scenario.answer(), evidence.answer()));
    }

    private void nothingOfOurs() {
        checks.add(Check.equal("no span but the program's own", 0, attempts.size()));
    }

    private void wire() {
        List<ServiceName> services =
                scenario.hops().stream().map(ExpectedAttempt::service).toList();
        checks.add(Check.equal(
                "requests: " + joined(services),
                services,
                evidence.requests().stream().map(WireRequest::service).toList()));
        checks.add(Check.none(
                "traceparent names the span of its own attempt",
                requestsWhere((hop, i) -> !hop.foreign() && !namesItsAttempt(i))));
        String sessions = scenario.hops().stream()
                .map(ExpectedAttempt::session)
                .distinct()
                .collect(Collectors.joining(", "));
        checks.add(Check.none(
                "session header: " + sessions,
                requestsWhere((hop, i) ->
                        !hop.foreign() && !hop.session().equals(request(i).header(WireRequest.SESSION)))));
        if (scenario.hops().stream().anyMatch(ExpectedAttempt::foreign)) {
            checks.add(Check.none(
                    "the other host gets none of our headers and no credential",
                    headersWhere(
                            request -> request.service() == ServiceName.OTHER,
                            header -> WireRequest.isOurs(header.getKey())
                                    || WireRequest.isCredential(header.getKey())
                                    || header.getValue().contains(Stage.KEY))));
        }
    }

    private void spans() {
        if (scenario.tree() == null) {
            checks.add(Check.none(
                    "each attempt stands in a model call, and that in the program's span",
                    requestsWhere((hop, i) -> !isInModelCallOf(attempt(i), evidence.programSpanId(hop.session())))));
        } else {
            checks.add(Check.equal("all spans are one tree, as drawn below", scenario.tree(), tree()));
            checks.add(Check.none(
                    "every span carries the session",
                    evidence.spans().stream()
                            .filter(span -> !span.text("session.id")
                                    .equals(Optional.of(scenario.hops().get(0).session())))
                            .map(TraceSpan::name)
                            .toList()));
        }
        List<String> ends = new ArrayList<>();
        Map<String, Integer> ordinals = new HashMap<>();
        for (int i = 0; i < scenario.hops().size(); i++) {
            ExpectedAttempt hop = scenario.hops().get(i);
            String modelCall = i < attempts.size() ? attempt(i).parentSpanId() : hop.session();
            int ordinal = ordinals.merge(modelCall, 1, Integer::sum);
            ends.add("#%d %d %s".formatted(ordinal, hop.status(), hop.outcome()));
        }
        checks.add(Check.equal(
                "attempts: " + joined(ends),
                joined(ends),
                joined(attempts.stream().map(Checks::end).toList())));
    }

    private void always() {
        checks.add(Check.none(
                "no private header on the wire, no header of ours to the collector",
                Stream.concat(
                                headersWhere(request -> true, header -> WireRequest.isPrivate(header.getKey()))
                                        .stream(),
                                evidence.exports().stream()
                                        .flatMap(headers -> headers.keySet().stream())
                                        .filter(WireRequest::isOurs)
                                        .map(header -> header + " at the collector"))
                        .toList()));
        checks.add(Check.equal(
                "every span has ended and reaches the collector",
                "0 open, all exported",
                evidence.openSpans() + (evidence.exported() ? " open, all exported" : " open, export failed")));
    }

    /** Requests and spans are compared one by one, as far as both go; their numbers are a check of their own. */
    private List<String> requestsWhere(BiPredicate<ExpectedAttempt, Integer> wrong) {
        List<String> offenders = new ArrayList<>();
        int count =
                Math.min(scenario.hops().size(), Math.min(evidence.requests().size(), attempts.size()));
        for (int i = 0; i < count; i++) {
            if (wrong.test(scenario.hops().get(i), i)) {
                offenders.add("not so in request " + (i + 1));
            }
        }
        if (count < scenario.hops().size()) {
            offenders.add("only %d of %d requests have a span"
                    .formatted(count, scenario.hops().size()));
        }
        return offenders;
    }

    private List<String> headersWhere(Predicate<WireRequest> which, Predicate<Map.Entry<String, String>> wrong) {
        return evidence.requests().stream()
                .filter(which)
                .flatMap(request -> request.headers().entrySet().stream()
                        .filter(wrong)
                        .map(header -> header.getKey() + " at " + request.service()))
                .toList();
    }

    private String tree() {
        StringBuilder lines = new StringBuilder();
        SpanTree.of(evidence.spans()).forEach(root -> draw(root, "", lines));
        return lines.toString();
    }

    private static void draw(SpanTree tree, String indent, StringBuilder lines) {
        lines.append(indent).append(tree.span().name()).append('\n');
        tree.children().forEach(child -> draw(child, indent + "  ", lines));
    }

    private boolean isInModelCallOf(TraceSpan attempt, @Nullable String programSpanId) {
        return evidence.spans().stream()
                .anyMatch(span -> span.isModelCall()
                        && span.spanId().equals(attempt.parentSpanId())
                        && span.parentSpanId().equals(programSpanId));
    }

    private boolean namesItsAttempt(int i) {
        String expected = "00-" + attempt(i).traceId() + '-' + attempt(i).spanId() + '-';
        String sent = request(i).headers().getOrDefault(WireRequest.TRACEPARENT, "");
        return sent.startsWith(expected)
                && (HexFormat.fromHexDigits(sent, expected.length(), sent.length()) & SAMPLED) != 0;
    }

    private WireRequest request(int i) {
        return evidence.requests().get(i);
    }

    private TraceSpan attempt(int i) {
        return attempts.get(i);
    }

    private static String end(TraceSpan span) {
        return "#%d %s %s"
                .formatted(
                        span.number("http.request.resend_count")
                                        .map(Number::intValue)
                                        .orElse(0)
                                + 1,
                        span.text("http.response.status_code").orElse("-"),
                        span.text("llm_propagation.outcome").orElse("-"));
    }

    private static String joined(List<?> values) {
        return values.stream().map(Object::toString).collect(Collectors.joining(", "));
    }
}
