package dev.llmpropagation.internal.http;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.internal.model.ModelOperation;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.FewValues;
import dev.llmpropagation.internal.span.ModelCallSpan;
import dev.llmpropagation.internal.span.ModelCallTracer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.util.Objects;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** The program ends a model call of a facade while the SDK's thread is anywhere in our steps: its span ends. */
public class ModelCallRaces {

    private static final Request REQUEST = new Request.Builder()
            .url("https://api.example.com/v1/chat/completions")
            .post(RequestBody.create("{}", MediaType.get("application/json")))
            .build();
    private static final ModelCallTracer TRACER = ModelCallTracer.OF_AGENT.behind(
            AgentTracing.builder(OpenTelemetry.noop()).build());
    private static final ModelCallTracer.Start CALL = new ModelCallTracer.Start(
            "chat", "openai", "m", true, "api.example.com", 443, request -> {}, answer -> {}, () -> null);
    private static final FewValues ERROR_CODES = new FewValues();
    private static final FewValues STATUSES = new FewValues();

    /** A logical call and its model call, as the facade and the first step make them. */
    abstract static class OfAFacade {
        final LogicalCall logical = new LogicalCall(Context.root());
        final ModelCall model = new ModelCall(
                Objects.requireNonNull(ModelOperation.recognise(REQUEST)),
                "m",
                true,
                true,
                ERROR_CODES,
                STATUSES,
                Diagnostics.to(text -> {}));
        final ModelCallSpan span = TRACER.start(CALL, Context.root());

        OfAFacade() {
            model.startedAs(span, null);
        }

        final void closeByTheProgram() {
            logical.closing();
            logical.cancel();
            logical.finished();
        }
    }

    /** The first step has looked whether the call is cancelled, and makes known what it is about. */
    @JCStressTest
    @Outcome(id = "true", expect = ACCEPTABLE, desc = "ended")
    @Outcome(expect = FORBIDDEN, desc = "left open")
    @State
    public static class ClosedWhileItStarts extends OfAFacade {
        @Actor
        public void sdk() {
            logical.isAbout(model);
        }

        @Actor
        public void program() {
            closeByTheProgram();
        }

        @Arbiter
        public void arbiter(Z_Result result) {
            result.r1 = span.life().isEnded();
        }
    }

    /** An attempt starts and fails, after which the SDK might try again. */
    @JCStressTest
    @Outcome(id = "true", expect = ACCEPTABLE, desc = "ended")
    @Outcome(expect = FORBIDDEN, desc = "left open")
    @State
    public static class ClosedWhileAnAttemptFails extends OfAFacade {
        @Actor
        public void sdk() {
            logical.isAbout(model);
            AttemptResponse attempt = model.attemptStarts();
            model.attemptEnded(attempt, dev.llmpropagation.internal.span.Outcome.CANCELLED, null, 0);
            model.failed(dev.llmpropagation.internal.span.Outcome.CANCELLED, new IOException("Canceled"));
        }

        @Actor
        public void program() {
            closeByTheProgram();
        }

        @Arbiter
        public void arbiter(Z_Result result) {
            result.r1 = span.life().isEnded();
        }
    }

    /** An attempt is refused, the SDK tries again, and that is refused too. */
    @JCStressTest
    @Outcome(id = "true", expect = ACCEPTABLE, desc = "ended")
    @Outcome(expect = FORBIDDEN, desc = "left open")
    @State
    public static class ClosedBetweenAttempts extends OfAFacade {
        @Actor
        public void sdk() {
            logical.isAbout(model);
            for (int attempt = 0; attempt < 2; attempt++) {
                model.callStarts();
                AttemptResponse reading = model.attemptStarts();
                model.attemptEnded(reading, dev.llmpropagation.internal.span.Outcome.COMPLETED, null, 503);
            }
        }

        @Actor
        public void program() {
            closeByTheProgram();
        }

        @Arbiter
        public void arbiter(Z_Result result) {
            result.r1 = span.life().isEnded();
        }
    }
}
