package dev.llmpropagation.doctor.check;

import dev.llmpropagation.doctor.show.Paint;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes a report for a human: first what needs action, then all that was found. */
final class TextReport {

    private final CheckReport report;
    private final PrintWriter out;
    private final Paint paint;

    TextReport(CheckReport report, PrintWriter out, Paint paint) {
        this.report = report;
        this.out = out;
        this.paint = paint;
    }

    void write() {
        CheckPlan plan = report.plan();
        line(paint.title("llm-propagation: check of " + shown(plan.provider().name() + " at " + plan.baseUrl())));
        actions();
        line("");
        report.stages().forEach(this::stage);
        line("");
        line("  Headers of a request to " + plan.url().host());
        report.headers().forEach(this::header);
        line("");
        line("  Key: " + shown(plan.key().toString()));
        verdict();
        out.flush();
    }

    private void actions() {
        List<Map.Entry<CheckStage, StageResult>> needed = report.stages().entrySet().stream()
                .filter(stage -> !stage.getValue().remedy().isEmpty())
                .toList();
        if (needed.isEmpty()) {
            return;
        }
        line("");
        for (Map.Entry<CheckStage, StageResult> stage : needed) {
            line(sign(stage.getValue()) + ' ' + stage.getKey().label() + ": "
                    + shown(stage.getValue().detail()));
            line("  → " + shown(stage.getValue().remedy()));
        }
    }

    private void stage(CheckStage stage, StageResult result) {
        String millis = result.millis() == null ? "" : String.format(Locale.ROOT, "%d ms", result.millis());
        line(String.format(
                Locale.ROOT, "  %s %-14s %8s  %s", sign(result), stage.label(), millis, shown(result.detail())));
    }

    private void header(HeaderAdvice header) {
        boolean surprise = header.seen() != null && header.seen() != header.sent();
        String sign = surprise ? paint.warning("⚠") : header.sent() ? paint.verdict(true, "✓") : "–";
        line(String.format(
                Locale.ROOT,
                "  %s %-22s %-8s %s%s",
                sign,
                header.name(),
                header.sent() ? "goes" : "stays",
                shown(header.reason()),
                surprise
                        ? " But a request of this check went out " + (header.sent() ? "without it." : "with it.")
                        : ""));
    }

    private void verdict() {
        CheckStage failed = report.failed();
        line("");
        line(
                failed == null
                        ? paint.verdict(true, "✓ no stage failed")
                        : paint.verdict(
                                false, "✗ failed: " + failed.label() + " (exit code " + failed.exitCode() + ")"));
    }

    private String sign(StageResult result) {
        return switch (result.status()) {
            case PASSED -> paint.verdict(true, "✓");
            case WARNING -> paint.warning("⚠");
            case FAILED -> paint.verdict(false, "✗");
            case SKIPPED -> "–";
        };
    }

    private String shown(String text) {
        return report.plan().secrets().mask(text);
    }

    private void line(String text) {
        out.println(text);
    }
}
