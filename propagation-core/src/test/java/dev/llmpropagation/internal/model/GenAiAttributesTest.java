package dev.llmpropagation.internal.model;

import static io.opentelemetry.api.common.AttributeKey.doubleKey;
import static io.opentelemetry.api.common.AttributeKey.longKey;
import static io.opentelemetry.api.common.AttributeKey.stringArrayKey;
import static io.opentelemetry.api.common.AttributeKey.stringKey;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.span.AttributeSink;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import java.util.List;
import java.util.Map;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import org.junit.jupiter.api.Test;

class GenAiAttributesTest {

    private static final ModelOperation CHAT = RecognisedCalls.post("https://h/v1/chat/completions");

    @Test
    void request_isWrittenByTheConvention() {
        assertThat(
                        attributes(
                                "{\"model\":\"m\",\"stream\":true,\"n\":2,\"temperature\":0,\"stop\":\"x\",\"service_tier\":\"flex\"}"))
                .isEqualTo(Attributes.builder()
                        .put(stringKey("openai.api.type"), "chat_completions")
                        .put(longKey("gen_ai.request.choice.count"), 2L)
                        .put(doubleKey("gen_ai.request.temperature"), 0.0)
                        .put(stringArrayKey("gen_ai.request.stop_sequences"), List.of("x"))
                        .put(stringKey("openai.request.service_tier"), "flex")
                        .build());
    }

    @Test
    void everythingARequestSays_isWritten() {
        RequestFacts facts = new RequestFacts(
                "m",
                false,
                0.5,
                0.25,
                3L,
                4L,
                1.5,
                1.25,
                5L,
                6L,
                List.of("x"),
                "json",
                "float",
                7L,
                "low",
                "resp_1",
                "flex",
                false);
        AttributesBuilder attributes = Attributes.builder();
        GenAiAttributes.put(sink(attributes), CHAT, facts);
        assertThat(attributes.build().asMap().values())
                .containsExactlyInAnyOrder(
                        "chat_completions",
                        0.5,
                        0.25,
                        3L,
                        4L,
                        1.5,
                        1.25,
                        5L,
                        6L,
                        List.of("x"),
                        "json",
                        List.of("float"),
                        7L,
                        "low",
                        "resp_1",
                        "flex");
    }

    @Test
    void whatIsUsual_isLeftOut() {
        assertThat(attributes("{\"stream\":false,\"n\":1,\"service_tier\":\"auto\"}"))
                .isEqualTo(Attributes.builder()
                        .put(stringKey("openai.api.type"), "chat_completions")
                        .build());
    }

    @Test
    void response_isWrittenByTheConvention() {
        ResponseFacts facts = new ResponseFacts(
                "id",
                "m-1",
                List.of("stop", "length"),
                new Usage(5L, 4L, 3L, 2L, 1L, Map.of()),
                "flex",
                "fp",
                null,
                3_500_000_000L);
        AttributesBuilder attributes = Attributes.builder();
        GenAiAttributes.put(sink(attributes), CHAT, facts, 1_000_000_000L);
        assertThat(attributes.build())
                .isEqualTo(Attributes.builder()
                        .put(stringKey("gen_ai.response.id"), "id")
                        .put(stringKey("gen_ai.response.model"), "m-1")
                        .put(stringArrayKey("gen_ai.response.finish_reasons"), List.of("stop", "length"))
                        .put(doubleKey("gen_ai.response.time_to_first_chunk"), 2.5)
                        .put(longKey("gen_ai.usage.input_tokens"), 5L)
                        .put(longKey("gen_ai.usage.output_tokens"), 4L)
                        .put(longKey("gen_ai.usage.cache_read.input_tokens"), 3L)
                        .put(longKey("gen_ai.usage.cache_write.input_tokens"), 2L)
                        .put(longKey("gen_ai.usage.reasoning.output_tokens"), 1L)
                        .put(stringKey("openai.response.service_tier"), "flex")
                        .put(stringKey("openai.response.system_fingerprint"), "fp")
                        .build());
    }

    @Test
    void responseThatSaysNothing_writesNothing() {
        AttributesBuilder attributes = Attributes.builder();
        GenAiAttributes.put(
                sink(attributes),
                CHAT,
                CHAT.responseScanner(MediaType.get("application/json"), null, null)
                        .finish(false),
                0);
        assertThat(attributes.build().isEmpty()).isTrue();
    }

    private static Attributes attributes(String body) {
        RequestFacts facts = RequestScanner.read(CHAT, RequestBody.create(body, MediaType.get("application/json")));
        AttributesBuilder attributes = Attributes.builder();
        GenAiAttributes.put(sink(attributes), CHAT, facts);
        return attributes.build();
    }

    private static AttributeSink sink(AttributesBuilder attributes) {
        return attributes::put;
    }
}
