package dev.llmpropagation.daemon;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.opentelemetry.api.OpenTelemetry;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** What a daemon tells of on two threads at once: nothing is counted that is gone. */
public class DaemonRaces {

    /** A daemon that two threads work for. */
    abstract static class OfADaemon {
        final DaemonTelemetry daemon =
                DaemonTelemetry.builder(OpenTelemetry.noop()).build();
    }

    /** A request of it that is under way. */
    abstract static class OfARequest extends OfADaemon {
        final DaemonRequest request =
                daemon.request("GET", "/session/s-1/events").start();
    }

    /** A session opens in a process that ends. */
    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "no session of a process that is gone")
    @Outcome(expect = FORBIDDEN, desc = "counted for ever")
    @State
    public static class OpenedWhileItExits extends OfADaemon {
        private final DaemonChannel channel = daemon.channel("c-1");

        @Actor
        public void bridge() {
            channel.sessionOpened("s-1");
        }

        @Actor
        public void watcher() {
            channel.exited(9, false);
        }

        @Arbiter
        public void arbiter(I_Result result) {
            result.r1 = channel.sessionCount();
        }
    }

    /** A request is answered by one thread while another turns it into a stream, which its owner closes. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "ended")
    @Outcome(expect = FORBIDDEN, desc = "left open")
    @State
    public static class AnsweredWhileAStreamOpens extends OfARequest {
        @Actor
        public void handler() {
            request.responded(200);
        }

        @Actor
        public void stream() {
            request.stream(null).closed(StreamEnd.COMPLETED);
        }

        @Arbiter
        public void arbiter(II_Result result) {
            result.r1 = daemon.openSpans();
            result.r2 = request.isEnded() ? 1 : 0;
        }
    }

    /** As before, but nobody closes the stream: what was answered has none, or it would be counted for ever. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "answered first")
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "a stream first, which goes on")
    @Outcome(expect = FORBIDDEN, desc = "a stream of a request that has ended")
    @State
    public static class AnsweredOrAStream extends OfARequest {
        @Actor
        public void handler() {
            request.responded(200);
        }

        @Actor
        public void stream() {
            request.stream(null);
        }

        @Arbiter
        public void arbiter(II_Result result) {
            result.r1 = daemon.openSpans();
            result.r2 = daemon.openStreams();
        }
    }

    /** Whoever has a request from its handler cancels it while the filter hands it over: one of both ends it. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "ended")
    @Outcome(expect = FORBIDDEN, desc = "left open")
    @State
    public static class CancelledWhileHandedOver extends OfARequest {
        public CancelledWhileHandedOver() {
            request.respondsLater();
        }

        @Actor
        public void filter() {
            request.handedOver();
        }

        @Actor
        public void client() {
            request.cancelled();
        }

        @Arbiter
        public void arbiter(II_Result result) {
            result.r1 = daemon.openSpans();
            result.r2 = request.isEnded() ? 1 : 0;
        }
    }

    /** Whoever closes a stream counts it out; it has been counted by then. */
    @JCStressTest
    @Outcome(
            id = {"0", "1"},
            expect = ACCEPTABLE,
            desc = "none, or one that is about to open")
    @Outcome(expect = FORBIDDEN, desc = "counted out before it was counted")
    @State
    public static class CountedWhileAStreamOpens extends OfARequest {
        @Actor
        public void daemon(I_Result result) {
            daemon.close();
            result.r1 = daemon.openStreams();
        }

        @Actor
        public void stream() {
            request.stream(null);
        }
    }

    /** The process asks the user something while its step ends: nobody is waited for. */
    @JCStressTest
    @Outcome(id = "0", expect = ACCEPTABLE, desc = "no question of a step that has ended")
    @Outcome(expect = FORBIDDEN, desc = "open for ever")
    @State
    public static class AskedWhileTheStepEnds extends OfADaemon {
        private final BridgeSpan step =
                daemon.bridge(BridgeOperation.PROMPT_DISPATCH).start();

        @Actor
        public void process() {
            step.permissionRequested("q-1");
        }

        @Actor
        public void bridge() {
            step.completed();
        }

        @Arbiter
        public void arbiter(I_Result result) {
            result.r1 = step.isHeld(System.nanoTime()) ? 1 : 0;
        }
    }

    /** The daemon goes down while a stream opens: nothing of it is left open. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "ended")
    @Outcome(expect = FORBIDDEN, desc = "left open")
    @State
    public static class ClosedWhileAStreamOpens extends OfARequest {
        @Actor
        public void daemon() {
            daemon.close();
        }

        @Actor
        public void stream() {
            request.stream(null);
        }

        @Arbiter
        public void arbiter(II_Result result) {
            result.r1 = daemon.openSpans();
            result.r2 = daemon.openStreams();
        }
    }
}
