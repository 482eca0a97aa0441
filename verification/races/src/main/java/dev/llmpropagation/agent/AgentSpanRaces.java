package dev.llmpropagation.agent;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.opentelemetry.api.OpenTelemetry;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Spans of an agent that start and end on two threads: none stays registered. */
public class AgentSpanRaces {

    /** An agent whose spans end on two threads. */
    abstract static class OfAnAgent {
        final AgentTracing agent = AgentTracing.builder(OpenTelemetry.noop()).build();
    }

    /** A prompt is asked again before the first answer: one interaction takes the other's place. */
    @JCStressTest
    @Outcome(id = "0, 2", expect = ACCEPTABLE, desc = "both ended")
    @Outcome(expect = FORBIDDEN, desc = "left open")
    @State
    public static class SamePromptTwice extends OfAnAgent {
        private volatile Interaction one;
        private volatile Interaction other;

        @Actor
        public void one() {
            one = agent.interaction("p-1").session("s-1").start();
            one.completed();
        }

        @Actor
        public void other() {
            other = agent.interaction("p-1").session("s-1").start();
            other.completed();
        }

        @Arbiter
        public void arbiter(II_Result result) {
            result.r1 = agent.openSpans();
            result.r2 = (one.isEnded() ? 1 : 0) + (other.isEnded() ? 1 : 0);
        }
    }

    /** The program closes while a turn goes on: its spans are ended by whoever comes first. */
    @JCStressTest
    @Outcome(id = "0, 2", expect = ACCEPTABLE, desc = "both ended")
    @Outcome(expect = FORBIDDEN, desc = "left open")
    @State
    public static class ClosedDuringATurn extends OfAnAgent {
        private volatile Interaction turn;
        private volatile Tool tool;

        @Actor
        public void program() {
            turn = agent.interaction("p-1").session("s-1").start();
            tool = turn.tool("search").start();
            tool.completed();
            turn.completed();
        }

        @Actor
        public void end() {
            agent.close();
        }

        @Arbiter
        public void arbiter(II_Result result) {
            result.r1 = agent.openSpans();
            result.r2 = (turn.isEnded() ? 1 : 0) + (tool.isEnded() ? 1 : 0);
        }
    }
}
