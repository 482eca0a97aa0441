package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.span.Attribute;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the services of {@code OpenAiCompatible} count tokens and report errors, as each of them documents it. */
class DialectsTest {

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                // who | usage | input | output | cached | reasoning
                "OpenAI | {'prompt_tokens':10,'completion_tokens':50,'total_tokens':60,'completion_tokens_details':{'reasoning_tokens':40}} | 10 | 50 | - | 40",
                "OpenAI, all of it reasoning | {'prompt_tokens':10,'completion_tokens':40,'total_tokens':50,'completion_tokens_details':{'reasoning_tokens':40}} | 10 | 40 | - | 40",
                "xAI | {'prompt_tokens':10,'completion_tokens':9,'total_tokens':59,'prompt_tokens_details':{'cached_tokens':4},'completion_tokens_details':{'reasoning_tokens':40}} | 10 | 49 | 4 | 40",
                "xAI, details first | {'completion_tokens_details':{'reasoning_tokens':3},'total_tokens':22,'completion_tokens':9,'prompt_tokens':10} | 10 | 12 | - | 3",
                "beside, without a total | {'prompt_tokens':10,'completion_tokens':9,'completion_tokens_details':{'reasoning_tokens':40}} | 10 | 49 | - | 40",
                "DeepSeek | {'prompt_tokens':10,'completion_tokens':9,'total_tokens':19,'prompt_cache_hit_tokens':8,'prompt_cache_miss_tokens':2} | 10 | 9 | 8 | -",
                "Moonshot | {'prompt_tokens':10,'completion_tokens':9,'total_tokens':19,'cached_tokens':8} | 10 | 9 | 8 | -",
                "Mistral | {'prompt_tokens':10,'completion_tokens':9,'total_tokens':19,'num_cached_tokens':8} | 10 | 9 | 8 | -",
                "in two places | {'prompt_tokens':10,'completion_tokens':9,'total_tokens':19,'cached_tokens':8,'prompt_tokens_details':{'cached_tokens':0}} | 10 | 9 | 8 | -",
                "DashScope | {'prompt_tokens':10,'completion_tokens':9,'total_tokens':19,'prompt_tokens_details':{'cached_tokens':8},'completion_tokens_details':{'reasoning_tokens':7}} | 10 | 9 | 8 | 7",
                "Zhipu | {'prompt_tokens':10,'completion_tokens':9,'total_tokens':19,'prompt_tokens_details':{'cached_tokens':8}} | 10 | 9 | 8 | -",
                "MiniMax | {'total_tokens':19,'total_characters':0,'prompt_tokens':10,'completion_tokens':9,'completion_tokens_details':{'reasoning_tokens':7}} | 10 | 9 | - | 7",
                "xAI, with its own details | {'prompt_tokens':10,'completion_tokens':9,'total_tokens':59,'prompt_tokens_details':{'text_tokens':10,'audio_tokens':0,'image_tokens':0,'cached_tokens':4},'completion_tokens_details':{'reasoning_tokens':40,'audio_tokens':0,'accepted_prediction_tokens':0,'rejected_prediction_tokens':0},'num_sources_used':0} | 10 | 49 | 4 | 40",
                "Perplexity | {'prompt_tokens':10,'completion_tokens':9,'total_tokens':19,'reasoning_tokens':5} | 10 | 9 | - | 5",
            })
    void usage_isReadInItsDialect(String who, String usage, Long input, Long output, Long cached, Long reasoning) {
        Map<Attribute, Long> byModality =
                usage.contains("'text_tokens':10") ? Map.of(Attribute.TEXT_INPUT_TOKENS, 10L) : Map.of();
        Usage expected = new Usage(input, output, cached, null, reasoning, byModality);

        assertThat(chat("{'choices':[],'usage':" + usage + "}").usage()).isEqualTo(expected);
        assertThat(chat("data: {'choices':[{'index':0,'finish_reason':'stop','usage':" + usage + "}]}\n\n")
                        .usage())
                .as("in the choice")
                .isEqualTo(expected);
        assertThat(chat("data: {'choices':[{'index':0,'finish_reason':'stop'}],'x_groq':{'id':'r','usage':" + usage
                                + "}}\n\n")
                        .usage())
                .as("in Groq's own object")
                .isEqualTo(expected);
        assertThat(chat("data: {'choices':[],'usage':" + usage + "}\n\ndata: {'choices':[]}\n\n"
                                + "data: {'choices':[],'usage':null}\n\ndata: {'usage':{}}\n\n"
                                + "data: {'usage':{'prompt_tokens':0,'completion_tokens':0,'total_tokens':0}}\n\n")
                        .usage())
                .as("in an early chunk")
                .isEqualTo(expected);
    }

    @Test
    void lastReportThatCounts_wins() {
        assertThat(chat("data: {'usage':{'prompt_tokens':5,'completion_tokens':1}}\n\n"
                                + "data: {'usage':{'prompt_tokens':5,'completion_tokens':2}}\n\n")
                        .usage())
                .isEqualTo(new Usage(5L, 2L, null, null, null, Map.of()));
        assertThat(chat("{'usage':{'prompt_tokens':0,'completion_tokens':0}}").usage())
                .isEqualTo(new Usage(0L, 0L, null, null, null, Map.of()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                "{'choices':null,'base_resp':{'status_code':1004,'status_msg':'m'}} | 1004",
                "{'choices':[],'base_resp':{'status_code':0,'status_msg':''}} | -",
                "{'choices':[{'index':0,'error':{'code':502,'message':'m'},'finish_reason':'error'}]} | 502",
                "{'choices':[{'index':0,'error':null,'finish_reason':'stop'}]} | -",
                "{'choices':[{'index':0,'finish_reason':'error'}]} | error",
                "{'choices':[{'index':0,'finish_reason':'network_error'}]} | network_error",
                "{'choices':[{'index':0,'finish_reason':'insufficient_system_resource'}]} | -",
                "{'choices':[{'index':0,'finish_reason':'sensitive'}]} | -",
                "{'choices':[{'index':0,'finish_reason':null}],'x_groq':{'id':'r','error':'over capacity'}} | _OTHER",
                "{'choices':[{'index':0,'finish_reason':'stop'}],'x_groq':{'id':'r','error':null}} | -",
            })
    void errorWithStatus200_isRead(String document, String expected) {
        assertThat(chat(document).errorType()).isEqualTo(expected);
        assertThat(chat("data: " + document + "\n\n").errorType()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "-",
            value = {
                // DashScope's explicit cache says it twice
                "{'cache_creation':{'ephemeral_5m_input_tokens':6},'cache_creation_input_tokens':6,'cache_type':'ephemeral','cached_tokens':0} | 0 | 6",
                "{'cached_tokens':3,'cache_write_tokens':6} | 3 | 6",
                "{'cached_tokens':3,'cache_write_tokens':6,'cache_creation_input_tokens':0} | 3 | 6",
                "{'cached_tokens':3,'cache_creation_input_tokens':0} | 3 | -",
            })
    void cache_isToldAsReadAndAsWritten(String details, long read, Long written) {
        assertThat(chat("{'choices':[],'usage':{'prompt_tokens':10,'completion_tokens':9,'total_tokens':19,"
                                + "'prompt_tokens_details':" + details + "}}")
                        .usage())
                .isEqualTo(new Usage(10L, 9L, read, written, null, Map.of()));
    }

    @Test
    void decision_isCountedLikeAResponse() {
        assertThat(read(
                                "/v1/decisions",
                                "{'answers':[],'model':'m-1','usage':{'input_tokens':7,'input_tokens_details':"
                                        + "{'cached_tokens':2},'output_tokens':3,'output_tokens_details':{},'total_tokens':10}}")
                        .usage())
                .isEqualTo(new Usage(7L, 3L, 2L, null, null, Map.of()));
    }

    @Test
    void partsThatNoNumberHolds_areTheLargestOne() {
        String part = "{'modality':'TEXT','tokenCount':" + ((1L << 53) - 1) + "},";
        assertThat(read(
                                "/v1beta/models/m:generateContent",
                                "{'candidates':[],'usageMetadata':{'promptTokenCount':7,'promptTokensDetails':["
                                        + part.repeat(1024) + "{'modality':'TEXT','tokenCount':2048}]}}")
                        .usage())
                .isEqualTo(new Usage(7L, null, null, null, null, Map.of(Attribute.TEXT_INPUT_TOKENS, Long.MAX_VALUE)));
    }

    private static ResponseFacts chat(String body) {
        return read("/v1/chat/completions", body);
    }

    private static ResponseFacts read(String path, String body) {
        ResponseScanner scanner = RecognisedCalls.post("https://host.example" + path)
                .responseScanner(null, null, body.startsWith("data:"));
        byte[] bytes = body.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        Passing.all(bytes, scanner);
        return scanner.finish(false);
    }
}
