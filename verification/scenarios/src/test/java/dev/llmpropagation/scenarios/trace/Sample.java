package dev.llmpropagation.scenarios.trace;

import dev.llmpropagation.testkit.trace.SpanDetails;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Spans as an agent makes them. */
final class Sample {

    static final long START = 1_795_260_859_000_000_000L;

    private static final long MS = 1_000_000;

    private final List<TraceSpan> spans = new ArrayList<>();
    private final String trace;
    private final String session;

    private Sample(int number) {
        trace = "%032x".formatted(0xa0000 + number);
        session = "session-" + (char) ('a' + number % 4);
    }

    /** One prompt: a model call with a retry, a failed tool, a subagent whose call times out, a cancelled call. */
    static List<TraceSpan> turn(int number) {
        Sample sample = new Sample(number);
        long from = number * 20_000L;
        String root = sample.add("", "qwen-code.interaction", "INTERNAL", from, from + 9000, false, Map.of());
        String call = sample.call(root, from + 5, from + 2700, "completed", 800);
        sample.attempt(call, from + 10, from + 100, 0, 429L, 80, "failed");
        sample.attempt(call, from + 600, from + 2690, 1, 200L, 190, "completed");
        String tool = sample.add(
                root, "qwen-code.tool", "INTERNAL", from + 2710, from + 4700, true, Map.of("gen_ai.tool.name", "edit"));
        sample.add(tool, "qwen-code.tool.blocked_on_user", "INTERNAL", from + 2711, from + 4100, false, Map.of());
        sample.add(tool, "qwen-code.tool.execution", "INTERNAL", from + 4100, from + 4699, true, Map.of());
        String agent = sample.add(
                root,
                "qwen-code.subagent",
                "INTERNAL",
                from + 4710,
                from + 7000,
                false,
                Map.of("qwen-code.subagent.name", "researcher"));
        String second = sample.call(agent, from + 4720, from + 6990, "timed_out", -1);
        sample.attempt(second, from + 4730, from + 6980, 0, null, -1, "timed_out");
        String last = sample.call(root, from + 7010, from + 8900, "cancelled", 300);
        sample.attempt(last, from + 7015, from + 8890, 0, 200L, 250, "cancelled");
        return sample.spans;
    }

    /** Many prompts, of which the first is a long one. */
    static List<TraceSpan> many(int count) {
        List<TraceSpan> spans = new ArrayList<>();
        for (int number = 0; spans.size() < count; number++) {
            List<TraceSpan> turn = turn(number);
            spans.addAll(turn);
            if (number == 0) {
                Sample sample = new Sample(number);
                for (int i = 0; i < count / 2; i++) {
                    spans.add(sample.span(
                            "ee" + i,
                            turn.get(0).spanId(),
                            "qwen-code.hook",
                            "INTERNAL",
                            9000 + i * 5L,
                            9004 + i * 5L,
                            false,
                            Map.of("hook_event", "PostToolUse")));
                }
            }
        }
        return spans;
    }

    private String call(String parent, long from, long to, String outcome, long firstChunk) {
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("gen_ai.operation.name", "chat");
        attributes.put("gen_ai.request.model", "qwen3-coder-plus");
        attributes.put("llm_propagation.outcome", outcome);
        if (firstChunk >= 0) {
            attributes.put("gen_ai.response.time_to_first_chunk", firstChunk / 1e3);
            attributes.put("gen_ai.usage.input_tokens", 812L);
            attributes.put("gen_ai.usage.output_tokens", 64L);
        }
        return add(parent, "qwen-code.llm_request", "CLIENT", from, to, outcome.equals("timed_out"), attributes);
    }

    private void attempt(String parent, long from, long to, long resend, Long status, long firstByte, String outcome) {
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("http.request.method", "POST");
        attributes.put("server.address", "gw.example.com");
        attributes.put("http.request.resend_count", resend);
        attributes.put("llm_propagation.outcome", outcome);
        if (status != null) {
            attributes.put("http.response.status_code", status);
        } else {
            attributes.put("error.type", "java.net.SocketTimeoutException");
        }
        if (firstByte >= 0) {
            attributes.put("llm_propagation.time_to_first_byte", firstByte / 1e3);
        }
        add(parent, "POST", "CLIENT", from, to, outcome.equals("failed") || outcome.equals("timed_out"), attributes);
    }

    private String add(
            String parent,
            String name,
            String kind,
            long from,
            long to,
            boolean error,
            Map<String, Object> attributes) {
        TraceSpan span = span(Integer.toString(spans.size()), parent, name, kind, from, to, error, attributes);
        spans.add(span);
        return span.spanId();
    }

    private TraceSpan span(
            String id,
            String parent,
            String name,
            String kind,
            long from,
            long to,
            boolean error,
            Map<String, Object> attributes) {
        Map<String, Object> all = new LinkedHashMap<>(attributes);
        all.put("session.id", session);
        return new TraceSpan(
                trace,
                "b" + "0".repeat(15 - id.length()) + id,
                parent,
                name,
                kind,
                START + from * MS,
                START + to * MS,
                error,
                all,
                new SpanDetails("agent", "dev.llmpropagation", error ? "it did not work" : "", List.of(), List.of()));
    }
}
