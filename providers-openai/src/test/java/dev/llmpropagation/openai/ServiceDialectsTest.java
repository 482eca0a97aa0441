package dev.llmpropagation.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.openai.client.OpenAIClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each named service answers as its reference of chat completions has it, as a document and as a stream, and spans show
 * the same counts: output with reasoning, cached and written tokens as part of the input.
 */
class ServiceDialectsTest {

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    /**
     * @param usage of a document
     * @param streamed the end of a stream, where the service reports otherwise than in a chunk of its own
     */
    private record Dialect(
            Set<OpenAiCompatible> services,
            String usage,
            @Nullable String streamed,
            long input,
            long output,
            @Nullable Long cached,
            @Nullable Long written,
            @Nullable Long reasoning) {}

    /** A failure with status 200, as the rest of an answer with one choice. */
    private record Failure(Set<OpenAiCompatible> services, String choice, String rest, String errorType) {}

    private static final String CHOICE = "'index':0,'message':{'role':'assistant','content':'a'},'finish_reason':";

    private static Stream<Dialect> dialects() {
        return Stream.of(
                // platform.openai.com, "The chat completion object": reasoning is part of the completion
                new Dialect(Set.of(OpenAiCompatible.OPENAI), """
                        {'prompt_tokens':19,'completion_tokens':50,'total_tokens':69,'prompt_tokens_details':{'cached_tokens':8,
                        'audio_tokens':0},'completion_tokens_details':{'reasoning_tokens':40,'audio_tokens':0,
                        'accepted_prediction_tokens':0,'rejected_prediction_tokens':0}}""", null, 19, 50, 8L, null, 40L),
                // Alibaba Cloud Model Studio, "Context cache", explicit
                new Dialect(
                        Set.of(
                                OpenAiCompatible.DASHSCOPE,
                                OpenAiCompatible.DASHSCOPE_INTL,
                                OpenAiCompatible.DASHSCOPE_US),
                        """
                        {'prompt_tokens':3019,'completion_tokens':104,'total_tokens':3123,'prompt_tokens_details':{
                        'cache_creation':{'ephemeral_5m_input_tokens':1605},'cache_creation_input_tokens':1605,
                        'cache_type':'ephemeral','cached_tokens':1024}}""",
                        null,
                        3019,
                        104,
                        1024L,
                        1605L,
                        null),
                // api-docs.deepseek.com, "Create Chat Completion"
                new Dialect(Set.of(OpenAiCompatible.DEEPSEEK), """
                        {'completion_tokens':10,'prompt_tokens':16,'prompt_cache_hit_tokens':12,'prompt_cache_miss_tokens':4,
                        'total_tokens':26,'completion_tokens_details':{'reasoning_tokens':7}}""", null, 16, 10, 12L, null, 7L),
                // openrouter.ai, "Usage accounting"
                new Dialect(Set.of(OpenAiCompatible.OPENROUTER), """
                        {'prompt_tokens':194,'completion_tokens':9,'total_tokens':203,'cost':0.95,'cost_details':{
                        'upstream_inference_cost':19},'prompt_tokens_details':{'cached_tokens':12,'cache_write_tokens':100,
                        'audio_tokens':0},'completion_tokens_details':{'reasoning_tokens':4}}""", null, 194, 9, 12L, 100L, 4L),
                // ModelScope serves open models as vLLM does
                new Dialect(
                        Set.of(OpenAiCompatible.MODELSCOPE),
                        "{'prompt_tokens':21,'completion_tokens':9,'total_tokens':30,'prompt_tokens_details':null}",
                        null,
                        21,
                        9,
                        null,
                        null,
                        null),
                // platform.moonshot.ai, "Chat": a stream has its usage in the last chunk of the choice
                new Dialect(
                        Set.of(OpenAiCompatible.MOONSHOT, OpenAiCompatible.MOONSHOT_INTL),
                        "{'prompt_tokens':19,'completion_tokens':21,'total_tokens':40,'cached_tokens':10}",
                        """
                        {'id':'c','model':'m','choices':[{'index':0,'delta':{},'finish_reason':'stop','usage':{
                        'prompt_tokens':19,'completion_tokens':21,'total_tokens':40,'cached_tokens':10}}]}""",
                        19,
                        21,
                        10L,
                        null,
                        null),
                // docs.mistral.ai, UsageInfo: in the last chunk, beside the reason
                new Dialect(Set.of(OpenAiCompatible.MISTRAL), """
                        {'prompt_tokens':16,'completion_tokens':34,'total_tokens':50,'prompt_audio_seconds':null,
                        'num_cached_tokens':8}""", """
                        {'id':'c','model':'m','choices':[{'index':0,'delta':{'content':''},'finish_reason':'stop'}],'usage':{
                        'prompt_tokens':16,'completion_tokens':34,'total_tokens':50,'num_cached_tokens':8}}""", 16, 34, 8L, null, null),
                // platform.minimax.io, "Text chat"
                new Dialect(
                        Set.of(OpenAiCompatible.MINIMAX, OpenAiCompatible.MINIMAX_INTL),
                        """
                        {'total_tokens':249,'total_characters':0,'prompt_tokens':26,'completion_tokens':223,
                        'completion_tokens_details':{'reasoning_tokens':214}}""",
                        """
                        {'id':'c','model':'m','choices':[{'index':0,'delta':{},'finish_reason':'stop'}],'usage':{
                        'total_tokens':249,'total_characters':0,'prompt_tokens':26,'completion_tokens':223,
                        'completion_tokens_details':{'reasoning_tokens':214}},'base_resp':{'status_code':0,'status_msg':''}}""",
                        26,
                        223,
                        null,
                        null,
                        214L),
                // docs.x.ai, "Reasoning": beside the completion, and in each chunk of a stream up to there
                new Dialect(Set.of(OpenAiCompatible.XAI), """
                        {'prompt_tokens':32,'completion_tokens':9,'total_tokens':135,'prompt_tokens_details':{'text_tokens':32,
                        'audio_tokens':0,'image_tokens':0,'cached_tokens':6},'completion_tokens_details':{'reasoning_tokens':94,
                        'audio_tokens':0,'accepted_prediction_tokens':0,'rejected_prediction_tokens':0},'num_sources_used':0}""", null, 32, 103, 6L, null, 94L),
                // docs.bigmodel.cn and docs.z.ai, chat completions: in the last chunk, beside the reason
                new Dialect(Set.of(OpenAiCompatible.ZHIPU, OpenAiCompatible.ZAI), """
                        {'prompt_tokens':12,'completion_tokens':33,'total_tokens':45,'prompt_tokens_details':
                        {'cached_tokens':4}}""", """
                        {'id':'c','model':'m','choices':[{'index':0,'delta':{'role':'assistant','content':''},
                        'finish_reason':'stop'}],'usage':{'prompt_tokens':12,'completion_tokens':33,'total_tokens':45,
                        'prompt_tokens_details':{'cached_tokens':4}}}""", 12, 33, 4L, null, null));
    }

    private static Stream<Failure> failures() {
        return Stream.of(
                new Failure(
                        Set.of(OpenAiCompatible.MINIMAX, OpenAiCompatible.MINIMAX_INTL),
                        CHOICE + "'stop'",
                        ",'base_resp':{'status_code':1002,'status_msg':'rate limit'}",
                        "1002"),
                new Failure(
                        Set.of(OpenAiCompatible.OPENROUTER),
                        CHOICE + "'error','error':{'code':502,'message':'m'}",
                        "",
                        "502"),
                new Failure(Set.of(OpenAiCompatible.MISTRAL), CHOICE + "'error'", "", "error"),
                new Failure(
                        Set.of(OpenAiCompatible.ZHIPU, OpenAiCompatible.ZAI),
                        CHOICE + "'network_error'",
                        "",
                        "network_error"));
    }

    /** A service without a row here has not been looked up. */
    @Test
    void everyService_hasItsDialect() {
        Set<OpenAiCompatible> known =
                dialects().flatMap(dialect -> dialect.services.stream()).collect(Collectors.toCollection(TreeSet::new));

        assertThat(known).containsExactly(OpenAiCompatible.values());
        assertThat(Arrays.stream(OpenAiCompatible.values())).hasSizeGreaterThan(10);
    }

    @ParameterizedTest
    @MethodSource("dialects")
    void usage_isToldByTheConvention(Dialect dialect) {
        for (OpenAiCompatible service : dialect.services) {
            String usage = oneLine(dialect.usage);
            answer("{'id':'c','object':'chat.completion','created':1,'model':'m','choices':[{" + CHOICE
                    + "'stop'}],'usage':" + usage + "}");
            client(service).chat().completions().create(SdkWire.chat());
            assertCounts(dialect, call(service));

            String end = dialect.streamed != null
                    ? oneLine(dialect.streamed)
                    : "{'id':'c','model':'m','choices':[{'index':0,'delta':{},'finish_reason':'stop'}]}\n\n"
                            + "data: {'id':'c','model':'m','choices':[],'usage':" + usage + "}";
            answer("data: {'id':'c','model':'m','choices':[{'index':0,'delta':{'content':'a'}}]}\n\ndata: " + end
                    + "\n\ndata: [DONE]\n\n");
            stream(client(service));
            assertCounts(dialect, call(service));
        }
    }

    private static String oneLine(String json) {
        return json.replace("\n", "");
    }

    @ParameterizedTest
    @MethodSource("failures")
    void failureWithStatus200_isAFailedCall(Failure failure) {
        for (OpenAiCompatible service : failure.services) {
            answer("{'id':'c','object':'chat.completion','created':1,'model':'m','choices':[{" + failure.choice + "}]"
                    + failure.rest + "}");
            client(service).chat().completions().create(SdkWire.chat());
            assertFailed(failure, call(service));

            answer("data: {'id':'c','model':'m','choices':[{"
                    + failure.choice.replace("'message'", "'delta'") + "}]" + failure.rest
                    + "}\n\ndata: [DONE]\n\n");
            stream(client(service));
            assertFailed(failure, call(service));
        }
    }

    private OpenAIClient client(OpenAiCompatible service) {
        return wire.client(
                OpenAiClientFactory.builder(wire.propagation).service(service).build(), sdk -> {});
    }

    private static void stream(OpenAIClient client) {
        try (StreamResponse<ChatCompletionChunk> stream = SdkWire.stream(client)) {
            stream.stream().forEach(chunk -> assertThat(chunk.id()).isEqualTo("c"));
        }
    }

    private void answer(String body) {
        wire.telemetry.reset();
        boolean stream = body.startsWith("data:");
        wire.answers(WireMock.ok(body.replace('\'', '"'))
                .withHeader("Content-Type", stream ? "text/event-stream" : "application/json"));
    }

    private static void assertCounts(Dialect dialect, Attributes call) {
        assertThat(tokens(call, "input_tokens")).isEqualTo(dialect.input);
        assertThat(tokens(call, "output_tokens")).isEqualTo(dialect.output);
        assertThat(tokens(call, "cache_read.input_tokens")).isEqualTo(dialect.cached);
        assertThat(tokens(call, "cache_write.input_tokens")).isEqualTo(dialect.written);
        assertThat(tokens(call, "reasoning.output_tokens")).isEqualTo(dialect.reasoning);
        assertThat(call.get(AttributeKey.booleanKey("success"))).isTrue();
    }

    private static @Nullable Long tokens(Attributes call, String name) {
        return call.get(AttributeKey.longKey("gen_ai.usage." + name));
    }

    private static void assertFailed(Failure failure, Attributes call) {
        assertThat(call.get(AttributeKey.stringKey("error.type"))).isEqualTo(failure.errorType);
        assertThat(call.get(AttributeKey.booleanKey("success"))).isFalse();
    }

    private Attributes call(OpenAiCompatible service) {
        await().until(() -> wire.telemetry.spans().stream().anyMatch(ServiceDialectsTest::isModelCall));
        Attributes call = wire.telemetry.spans().stream()
                .filter(ServiceDialectsTest::isModelCall)
                .findFirst()
                .orElseThrow()
                .getAttributes();
        assertThat(call.get(AttributeKey.stringKey("gen_ai.provider.name"))).isEqualTo(service.providerName());
        return call;
    }

    private static boolean isModelCall(SpanData span) {
        return span.getName().equals("qwen-code.llm_request");
    }
}
