package dev.llmpropagation.doctor.check;

import dev.llmpropagation.doctor.show.Progress;
import java.util.Map;

/** The paid call, and how its answer comes in. For one use. */
final class LiveCall implements ModelService.Answer {

    /** A stream of several chunks that takes so long to begin and then comes at once was kept back by somebody. */
    private static final long SUSPECT_WAIT_MILLIS = 1_500;

    private static final long AT_ONCE_MILLIS = 30;
    private static final int SEVERAL = 5;

    private final CheckPlan plan;
    private final Map<CheckStage, StageResult> stages;
    private final ConnectionWatch watch;
    private final Progress progress;
    private final long start = System.nanoTime();
    private CheckStage next = CheckStage.MODEL;
    private long firstByteMillis;
    private long lastChunkMillis;
    private int chunks;
    private boolean complete;

    /** @param watch of the client that makes the call */
    LiveCall(CheckPlan plan, Map<CheckStage, StageResult> stages, ConnectionWatch watch, Progress progress) {
        this.plan = plan;
        this.stages = stages;
        this.watch = watch;
        this.progress = progress;
    }

    void make(ModelService service) {
        String model = plan.model();
        if (model == null) {
            throw new IllegalStateException("A live check needs a model");
        }
        progress.waitingFor("an answer of " + model);
        try {
            service.call(model, plan.stream(), this);
        } catch (RuntimeException e) {
            failed(e);
            return;
        }
        if (!plan.stream() && !complete) {
            stages.keySet().removeIf(later -> later.compareTo(CheckStage.MODEL) > 0);
            stages.put(
                    CheckStage.MODEL,
                    StageResult.failed(
                            FailureClass.PROTOCOL,
                            "the answer is accepted and has no word of the model in it",
                            "Ask the service, or the gateway before it, what it makes of such a request."));
        } else if (!plan.stream()) {
            stages.put(CheckStage.FIRST_BYTE, StageResult.skipped("no stream was asked for"));
            stages.put(CheckStage.END_OF_STREAM, StageResult.skipped("no stream was asked for"));
        } else if (complete) {
            stages.put(CheckStage.END_OF_STREAM, end());
        } else {
            cut("it ended " + place() + ", without the model's last word");
        }
    }

    @Override
    public void begins() {
        // Only now is the key known to be good, where the list of models was refused.
        StageResult authentication = stages.get(CheckStage.AUTHENTICATION);
        if (authentication == null || authentication.status() != StageResult.Status.PASSED) {
            stages.put(CheckStage.AUTHENTICATION, StageResult.passed("the call is accepted", null));
        }
        stages.put(CheckStage.MODEL, StageResult.passed(plan.model() + " answers", millis(watch.acceptedNanos())));
        next = CheckStage.FIRST_BYTE;
        progress.waitingFor("the first byte");
    }

    @Override
    public void chunk(boolean last) {
        complete |= last;
        lastChunkMillis = millis();
        if (chunks++ == 0) {
            streams();
        }
    }

    @Override
    public void note(String what) {
        StageResult model = stages.get(CheckStage.MODEL);
        if (model != null && model.status() == StageResult.Status.PASSED) {
            stages.put(CheckStage.MODEL, StageResult.passed(model.detail() + "; " + what, model.millis()));
        }
    }

    private void streams() {
        firstByteMillis = millis(watch.firstByteNanos());
        stages.put(CheckStage.FIRST_BYTE, StageResult.passed("of the stream", firstByteMillis));
        next = CheckStage.END_OF_STREAM;
        progress.waitingFor("the end of the stream");
    }

    private long millis() {
        return millis(System.nanoTime());
    }

    private long millis(long nanos) {
        return (nanos - start) / 1_000_000;
    }

    private StageResult end() {
        String detail = count();
        return kept(chunks, firstByteMillis, lastChunkMillis)
                ? StageResult.warning(
                        detail + ", all of them at once after " + firstByteMillis + " ms",
                        "Something on the way keeps the stream back until its end. Switch buffering off there.")
                : StageResult.passed(detail, lastChunkMillis);
    }

    /** Whether a stream came so late and so suddenly that somebody must have kept it back. */
    static boolean kept(int chunks, long firstMillis, long lastMillis) {
        return chunks >= SEVERAL && firstMillis >= SUSPECT_WAIT_MILLIS && lastMillis - firstMillis <= AT_ONCE_MILLIS;
    }

    private void failed(RuntimeException e) {
        int status = Failures.status(e);
        Explanation explanation = new Explanation(plan, FirstHop.of(plan));
        if (next == CheckStage.MODEL && status > 0) {
            CheckStage stage =
                    switch (status) {
                        case 401, 403 -> CheckStage.AUTHENTICATION;
                        case 407 -> CheckStage.PROXY;
                        default -> CheckStage.MODEL;
                    };
            // The list of models may have been open to everybody.
            stages.keySet().removeIf(later -> later.compareTo(stage) > 0);
            stages.put(stage, explanation.ofStatus(status));
            return;
        }
        if (next == CheckStage.MODEL && watch.acceptedNanos() != 0) {
            // google-genai reads the first chunk before it gives the stream away.
            begins();
        }
        FailureClass kind = Failures.of(e);
        if (next == CheckStage.FIRST_BYTE && kind != FailureClass.PROTOCOL && watch.firstByteNanos() != 0) {
            // google-genai keeps a chunk until the next one is there.
            streams();
        }
        if (status > 0) {
            stages.put(next, explanation.ofStatus(500).withRemedy("The service reports it inside the stream."));
        } else if (next != CheckStage.MODEL && kind == FailureClass.TRANSPORT) {
            cut("it broke off " + place() + " (" + Failures.words(e) + ")");
        } else {
            stages.put(next, explanation.of(e, status));
        }
    }

    private String place() {
        return chunks == 0 ? "at its beginning" : "after " + count();
    }

    private String count() {
        return chunks + (chunks == 1 ? " chunk" : " chunks");
    }

    private void cut(String detail) {
        stages.put(
                next,
                StageResult.failed(
                        FailureClass.STREAM_CUT,
                        detail,
                        "Look for a proxy or gateway on the way with a time limit or a limit on the size of answers."));
    }
}
