package dev.llmpropagation.scenarios.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.testkit.trace.Waterfall;
import org.junit.jupiter.api.Test;

/** A whole turn as text. */
class WaterfallOfATurnTest {

    @Test
    void turnOfAnAgent_showsAttemptsOutcomesTokensAndMoments() {
        assertThat(Waterfall.draw(Sample.turn(0)).stream().map(String::stripTrailing))
                .containsExactly(
                        "qwen-code.interaction                        │────────────────────────────│     0 ms   9000 ms",
                        "├─ qwen-code.llm_request qwen3-coder… 812→64 │──╂──────                   │     5 ms   2695 ms",
                        "│  ├─ POST #1 gw.example.com 429 failed      │┃                           │    10 ms     90 ms",
                        "│  └─ POST #2 gw.example.com 200 completed   │ ░┃██████                   │   600 ms   2090 ms",
                        "├─ qwen-code.tool edit ERROR                 │        ───────             │  2710 ms   1990 ms",
                        "│  ├─ qwen-code.tool.blocked_on_user         │        ─────               │  2711 ms   1389 ms",
                        "│  └─ qwen-code.tool.execution ERROR         │            ───             │  4100 ms    599 ms",
                        "├─ qwen-code.subagent researcher             │              ────────      │  4710 ms   2290 ms",
                        "│  └─ qwen-code.llm_request qwen3… timed_out │              ────────      │  4720 ms   2270 ms",
                        "│     └─ POST #1 SocketTimeoutExc… timed_out │              ░░░░░░░░      │  4730 ms   2250 ms",
                        "└─ qwen-code.llm_request 812→64 cancelled    │                     ─╂─────│  7010 ms   1890 ms",
                        "   └─ POST #1 gw.example.com 200 cancelled   │                     ░┃█████│  7015 ms   1875 ms");
    }
}
