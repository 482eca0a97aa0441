package dev.llmpropagation.doctor.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import dev.llmpropagation.fuzz.Parts;
import dev.llmpropagation.testkit.trace.SpanDetails;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** No text of a span or a log record becomes markup of the page. */
class TracePageFuzz {

    private static final String DATA = "<script type=\"application/json\" id=\"data\">";
    private static final String MARKUP = "<>&\"'\0";
    private static final String LETTERS = "\ua000\ua001\ua002\ua003\ua004\ua005";
    private static final String[] KEYS = {
        "gen_ai.request.model",
        "gen_ai.tool.name",
        "http.request.method",
        "http.response.status_code",
        "llm_propagation.outcome",
        "error.type",
        "server.address"
    };

    @FuzzTest
    void page_hasTheSameMarkup_whateverItsTextsAre(byte[] input) throws IOException {
        Parts parts = Parts.of(input);
        if (parts.all().stream().anyMatch(part -> part.chars().anyMatch(c -> LETTERS.indexOf(c) >= 0))) {
            return;
        }
        String page = TracePage.draw(
                parts.get(0),
                spans(parts, UnaryOperator.identity()),
                logs(parts, UnaryOperator.identity()),
                parts.get(1));
        UnaryOperator<String> plain = TracePageFuzz::plain;
        String same = TracePage.draw(plain(parts.get(0)), spans(parts, plain), logs(parts, plain), plain(parts.get(1)));

        assertThat(markup(page)).isEqualTo(markup(same));
        assertThat(data(page)).doesNotContain("<");
        JsonNode spans = OtlpJson.MAPPER.readTree(data(page)).path("spans");
        assertThat(spans.size()).isEqualTo(spans(parts, plain).size());
        List<String> names = new ArrayList<>();
        spans.forEach(span -> names.add(span.path("name").textValue()));
        assertThat(names)
                .containsExactlyInAnyOrderElementsOf(spans(parts, UnaryOperator.identity()).stream()
                        .map(TraceSpan::name)
                        .toList());
    }

    /** One for each span. */
    private static List<TraceLog> logs(Parts parts, UnaryOperator<String> spelling) {
        return spans(parts, spelling).stream()
                .map(span -> new TraceLog(
                        span.startNanos(),
                        span.traceId(),
                        span.spanId(),
                        span.name(),
                        span.name(),
                        span.details().service(),
                        span.details().scope(),
                        span.attributes()))
                .toList();
    }

    /** Three texts for each span. */
    private static List<TraceSpan> spans(Parts parts, UnaryOperator<String> spelling) {
        List<TraceSpan> spans = new ArrayList<>();
        List<String> texts = parts.from(2).stream().map(spelling).toList();
        for (int i = 0; i + 2 < texts.size(); i += 3) {
            Map<String, Object> attributes = new LinkedHashMap<>();
            // Of more than one session there is a list, the only text of others in an attribute.
            attributes.put("session.id", texts.get(i + 1));
            attributes.put(KEYS[i / 3 % KEYS.length], texts.get(i + 1));
            attributes.put(texts.get(i + 2), List.of(texts.get(i + 1)));
            spans.add(new TraceSpan(
                    "0af7651916cd43dd8448eb211c80319c",
                    String.format("%016x", i + 1),
                    i == 0 ? "" : "0000000000000001",
                    texts.get(i),
                    i % 2 == 0 ? "CLIENT" : "INTERNAL",
                    1_000_000_000L + i,
                    2_000_000_000L + i,
                    i % 4 == 0,
                    attributes,
                    new SpanDetails(
                            texts.get(i + 2),
                            texts.get(i + 1),
                            texts.get(i),
                            List.of(new SpanDetails.Event(texts.get(i + 1), 1_500_000_000L, attributes)),
                            List.of())));
        }
        return spans;
    }

    /** The same text, but a letter for each character that means something in HTML. */
    private static String plain(String text) {
        StringBuilder plain = new StringBuilder();
        text.chars().forEach(c -> {
            int at = MARKUP.indexOf(c);
            plain.append(at < 0 ? (char) c : LETTERS.charAt(at));
        });
        return plain.toString();
    }

    /** Tags with the names of their attributes, as a browser would find them; of what is no text, such as a script, nothing. */
    private static List<String> markup(String page) {
        List<String> tags = new ArrayList<>();
        int at = page.indexOf('<');
        while (at >= 0) {
            StringBuilder tag = new StringBuilder();
            char quote = 0;
            int i = at;
            for (; quote != 0 || page.charAt(i) != '>'; i++) {
                char c = page.charAt(i);
                if (quote == 0) {
                    tag.append(c);
                    quote = c == '"' || c == '\'' ? c : 0;
                } else if (c == quote) {
                    quote = 0;
                }
            }
            tags.add(tag.toString());
            String raw = tag.indexOf("<script") == 0 ? "</script" : tag.indexOf("<style") == 0 ? "</style" : "<";
            at = page.indexOf(raw, i);
        }
        return tags;
    }

    private static String data(String page) {
        int start = page.indexOf(DATA) + DATA.length();
        return page.substring(start, page.indexOf("</script>", start));
    }
}
