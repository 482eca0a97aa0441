package dev.llmpropagation.doctor.trace;

import java.util.Locale;

/**
 * What is not shown of the traces that were asked for, since there are too many spans. Immutable.
 *
 * @param shown spans
 * @param spans that are left out
 * @param errors how many of these have one
 * @param traces that are left out as a whole
 * @param slowestNanos of these traces
 * @param cutTrace the trace of which some spans are shown and the faster ones are left out; empty if there is none
 * @param unseen spans that nobody looked at
 */
public record LeftOut(
        long shown, long spans, long errors, long traces, long slowestNanos, String cutTrace, long unseen) {

    static final LeftOut NOTHING = new LeftOut(0, 0, 0, 0, 0, "", 0);

    public boolean isEmpty() {
        return spans == 0 && unseen == 0;
    }

    /** For the user. Empty if nothing is left out. */
    public String text() {
        if (isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder("Shown are %s of %s spans: those of the slowest traces."
                .formatted(grouped(shown), grouped(shown + spans + unseen)));
        if (!cutTrace.isEmpty()) {
            text.append(" Of trace ").append(cutTrace).append(" the faster spans are left out.");
        }
        if (traces > 0) {
            text.append(traces == 1 ? " 1 trace is" : " " + grouped(traces) + " traces are")
                    .append(" left out, the slowest of them with ")
                    .append(Html.duration(slowestNanos))
                    .append('.');
        }
        text.append(
                errors == 0
                        ? " No span left out has an error."
                        : " With an error, of those left out: " + grouped(errors) + '.');
        if (unseen > 0) {
            text.append(" Not looked at: ").append(grouped(unseen)).append('.');
        }
        return text.append(" --trace and --session choose, --most shows more.").toString();
    }

    private static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number).replace(',', '\u202f');
    }
}
