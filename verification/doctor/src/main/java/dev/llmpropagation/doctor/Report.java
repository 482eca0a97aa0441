package dev.llmpropagation.doctor;

import dev.llmpropagation.doctor.show.Paint;
import dev.llmpropagation.testkit.trace.Waterfall;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes what the demo found, for a reader. */
final class Report {

    private static final String NOTHING = "        (no header of ours, no credential)";

    private final PrintStream out;
    private final Paint paint;
    private int scenarios;
    private int checks;
    private int failed;

    Report(PrintStream out, Paint paint) {
        this.out = out;
        this.paint = paint;
    }

    /** @param proxy through which all calls go, or null for none */
    void opening(@Nullable DemoProxy proxy) {
        out.println(paint.title("llm-propagation: demo"));
        out.println();
        out.println("Real clients of openai-java and google-genai call local servers that stand for the services.");
        out.println("Every call is made under a span and a session of the program. Headers are shown as received,");
        out.println("with credentials masked; spans as a collector received them.");
        if (proxy != null) {
            out.println();
            out.println("All calls go through the proxy " + proxy + ".");
        }
        out.println();
        out.println("  " + Waterfall.LEGEND);
    }

    void scenario(Scenario scenario, Evidence evidence, List<Check> results) {
        scenarios++;
        out.println();
        out.println(paint.title("%2d  %s".formatted(scenarios, scenario.title())));
        out.println();
        out.println("    expected");
        results.forEach(this::check);
        out.println();
        out.println("    on the wire");
        if (evidence.requests().isEmpty()) {
            out.println("      nothing to a model service");
        }
        evidence.requests().forEach(this::request);
        out.println();
        out.println("    trace");
        Waterfall.draw(evidence.spans()).forEach(line -> out.println("      " + line));
    }

    /** Instead of all scenarios. */
    void unreachable(String answer) {
        out.println();
        out.println(paint.verdict(false, "✗ No call came through the proxy: " + answer));
        out.flush();
    }

    /** Returns whether all was as it must be. */
    boolean summary() {
        String counts = "%d scenarios, %d expectations, %d failed".formatted(scenarios, checks, failed);
        boolean good = failed == 0 && checks > 0;
        out.println();
        out.println(paint.verdict(good, good ? "✓ " + counts : "✗ " + counts));
        out.flush();
        return good;
    }

    private void check(Check check) {
        checks++;
        failed += check.met() ? 0 : 1;
        out.println("      " + paint.verdict(check.met(), check.met() ? "✓" : "✗") + ' ' + check.expected());
        if (!check.met()) {
            out.println("        found: " + check.found());
        }
    }

    private void request(WireRequest request) {
        out.println("      %s: %s %s".formatted(request.service(), request.method(), request.path()));
        List<Map.Entry<String, String>> relevant = request.headers().entrySet().stream()
                .filter(header -> WireRequest.isOurs(header.getKey()) || WireRequest.isCredential(header.getKey()))
                .toList();
        if (relevant.isEmpty()) {
            out.println(NOTHING);
        }
        for (Map.Entry<String, String> header : relevant) {
            out.println("        %-24s%s"
                    .formatted(header.getKey(), WireRequest.shown(header.getKey(), header.getValue())));
        }
    }
}
