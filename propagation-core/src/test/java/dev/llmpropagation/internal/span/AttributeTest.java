package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.AttributeType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the table of names says of each of them. */
class AttributeTest {

    private final List<String> told = new ArrayList<>();

    @ParameterizedTest
    @CsvSource({
        "SESSION_ID, 256",
        "REQUEST_MODEL, 256",
        "AGENT_DESCRIPTION, 1024",
        "TOOL_DESCRIPTION, 4096",
        "ERROR, 1036",
        "POST_BATCH_STOP_REASON, 1036",
        "SUBAGENT_TERMINATE_REASON, 1036",
        "ERROR_MESSAGE, 1036",
        "EXCEPTION_MESSAGE, 1036",
        "EXCEPTION_STACKTRACE, 32768",
        "CLIENT_ID, 128",
        "CHANNEL_ID, 128",
        "PREVIOUS_CHANNEL_ID, 128",
        "TRACEPARENT_HEADER, 128",
        "DURATION_MS, 0",
        "SUCCESS, 0",
        "INPUT_MESSAGES, 0",
        "TOOL_RESULT, 0",
        "PROMPT, 0",
        "FUNCTION_ARGS, 0",
    })
    void text_hasItsBound(Attribute attribute, int max) {
        assertThat(attribute.maxLength()).isEqualTo(max);
    }

    @Test
    void text_isShownVisibleAndBounded_andContentWellFormed() {
        assertThat(Attribute.REQUEST_MODEL.shown("a\n" + "b".repeat(300))).isEqualTo("a\ufffd" + "b".repeat(253) + "…");
        assertThat(Attribute.INPUT_MESSAGES.shown("a\n\ud83d")).isEqualTo("a\n\ufffd");
    }

    @Test
    void nameOfTheLibrary_isNotTheProgramsToSet_andIsTold() {
        Instrumentation.Builder builder = new Instrumentation.Builder(OpenTelemetry.noop());
        builder.diagnostics(told::add);
        Instrumentation instrumentation = builder.build("scope", null);
        assertThat(AttributeNames.admits(AttributeKey.stringKey("tenant"), instrumentation))
                .isTrue();
        for (String name : List.of("server.address", "gen_ai.prompt.name", "gen_ai.prompts")) {
            assertThat(AttributeNames.admits(AttributeKey.stringKey(name), instrumentation))
                    .isTrue();
        }
        assertThat(told).isEmpty();
        assertThat(AttributeNames.admits(AttributeKey.stringKey("session.id"), instrumentation))
                .isFalse();
        assertThat(AttributeNames.admits(AttributeKey.stringKey("gen_ai.system_instructions"), instrumentation))
                .isFalse();
        for (String name : List.of("gen_ai.prompt", "gen_ai.prompt.0.content", "gen_ai.completion.12.role")) {
            assertThat(AttributeNames.admits(AttributeKey.stringKey(name), instrumentation))
                    .isFalse();
        }
        assertThat(told)
                .containsExactly(
                        "The attribute session.id is this library's to set; the program's is left out",
                        "The attribute gen_ai.system_instructions is this library's to set; the program's is left out",
                        "The attribute gen_ai.prompt is this library's to set; the program's is left out",
                        "The attribute gen_ai.completion is this library's to set; the program's is left out");
    }

    @ParameterizedTest
    @CsvSource({
        "gen_ai.request.model, STRING, true",
        "gen_ai.response.id, STRING, true",
        "gen_ai.usage.input_tokens, LONG, true",
        "gen_ai.usage.input_tokens, STRING, false",
        "gen_ai.operation.name, STRING, true",
        "session.id, STRING, false",
        "error.type, STRING, false",
        "gen_ai.tool.name, STRING, false",
    })
    void whatIsAskedAnsweredAndUsed_isOfACall(String name, AttributeType type, boolean ofACall) {
        assertThat(AttributeNames.isOfACall(Attribute.key(name, type))).isEqualTo(ofACall);
    }

    @Test
    void values_areFew_andThoseThatAreKnownStay() {
        FewValues values = new FewValues(2);
        assertThat(values.of("a")).isEqualTo("a");
        assertThat(values.admits("b")).isTrue();
        assertThat(values.admits("c")).isFalse();
        assertThat(values.of("c")).isEqualTo("_OTHER");
        assertThat(values.of("a")).isEqualTo("a");
        assertThat(values.admits("b")).isTrue();
    }
}
