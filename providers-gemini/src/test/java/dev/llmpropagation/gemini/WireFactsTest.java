package dev.llmpropagation.gemini;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.Candidate;
import com.google.genai.types.EmbedContentConfig;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.GenerateContentResponseUsageMetadata;
import com.google.genai.types.ModalityTokenCount;
import dev.llmpropagation.internal.model.RequestFacts;
import dev.llmpropagation.internal.model.ResponseFacts;
import dev.llmpropagation.internal.model.Usage;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Modality;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What we read on the wire is what the SDK's own types say. */
class WireFactsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemini-text.json",
                "gemini-tools.json",
                "gemini-choices.json",
                "gemini-blocked.json",
                "gemini-text.sse",
                "gemini-thoughts.sse",
                "gemini-tools.sse"
            })
    void content_isReadAsTheSdkReadsIt(String body) throws Exception {
        try (WireFactsServer server = new WireFactsServer(body);
                Client client = server.client()) {
            List<GenerateContentResponse> parts = new ArrayList<>();
            if (body.endsWith(".sse")) {
                try (ResponseStream<GenerateContentResponse> stream =
                        client.models.generateContentStream("gemini-2.5-flash", "x", null)) {
                    stream.forEach(parts::add);
                }
            } else {
                parts.add(client.models.generateContent("gemini-2.5-flash", "x", null));
            }
            Map<Integer, String> reasons = new TreeMap<>();
            for (GenerateContentResponse part : parts) {
                for (Candidate candidate : part.candidates().orElse(List.of())) {
                    candidate
                            .finishReason()
                            .ifPresent(reason -> reasons.put(candidate.index().orElse(0), reason.toString()));
                }
            }
            GenerateContentResponse last = parts.get(parts.size() - 1);

            ResponseFacts facts = server.facts();
            assertThat(facts.id()).isEqualTo(last.responseId().get());
            assertThat(facts.model()).isEqualTo(last.modelVersion().get());
            assertThat(facts.finishReasons()).containsExactlyElementsOf(reasons.values());
            assertThat(facts.usage()).isEqualTo(usage(last.usageMetadata().get()));
            RequestFacts request = server.requestFacts();
            assertThat(request.model()).isEqualTo("gemini-2.5-flash");
            assertThat(request.stream()).isEqualTo(body.endsWith(".sse"));
        }
    }

    @Test
    void contentRequest_isReadAsTheSdkWritesIt() {
        try (WireFactsServer server = new WireFactsServer("gemini-text.json");
                Client client = server.client()) {
            client.models.generateContent(
                    "gemini-2.5-flash",
                    "{\"generationConfig\":{\"temperature\":9}}",
                    GenerateContentConfig.builder()
                            .temperature(0.5f)
                            .topP(0.25f)
                            .topK(40f)
                            .candidateCount(2)
                            .maxOutputTokens(99)
                            .stopSequences("END", "\"")
                            .presencePenalty(0.5f)
                            .frequencyPenalty(0.75f)
                            .seed(7)
                            .responseMimeType("application/json")
                            .build());
            assertThat(server.requestFacts())
                    .isEqualTo(new RequestFacts(
                            "gemini-2.5-flash",
                            false,
                            0.5,
                            0.25,
                            40L,
                            99L,
                            0.75,
                            0.5,
                            7L,
                            2L,
                            List.of("END", "\""),
                            "json",
                            null,
                            null,
                            null,
                            null,
                            null,
                            false));
        }
    }

    @Test
    void embeddings_areReadAsTheSdkWritesThem() {
        try (WireFactsServer server = new WireFactsServer("geminiembed.json");
                Client client = server.client()) {
            client.models.embedContent(
                    "gemini-embedding-001",
                    "x",
                    EmbedContentConfig.builder().outputDimensionality(32).build());
            assertThat(server.requestFacts().model()).isEqualTo("gemini-embedding-001");
            assertThat(server.requestFacts().dimensions()).isEqualTo(32);
            assertThat(server.facts().usage()).isNull();
        }
    }

    /** As the convention has it: input with the tokens of the service's tools, output with those of the thoughts. */
    private static Usage usage(GenerateContentResponseUsageMetadata usage) {
        return new Usage(
                sum(usage.promptTokenCount(), usage.toolUsePromptTokenCount()),
                sum(usage.candidatesTokenCount(), usage.thoughtsTokenCount()),
                usage.cachedContentTokenCount().map(Integer::longValue).orElse(null),
                null,
                usage.thoughtsTokenCount().map(Integer::longValue).orElse(null),
                byModality(usage));
    }

    private static Map<Attribute, Long> byModality(GenerateContentResponseUsageMetadata usage) {
        Map<Attribute, Long> counts = new HashMap<>();
        add(counts, usage.promptTokensDetails(), modality -> modality.input);
        add(counts, usage.toolUsePromptTokensDetails(), modality -> modality.input);
        add(counts, usage.candidatesTokensDetails(), modality -> modality.output);
        add(counts, usage.cacheTokensDetails(), modality -> modality.cacheRead);
        return counts;
    }

    private static void add(
            Map<Attribute, Long> counts,
            Optional<List<ModalityTokenCount>> details,
            Function<Modality, Attribute> part) {
        for (ModalityTokenCount detail : details.orElse(List.of())) {
            Modality modality = Modality.valueOf(detail.modality().orElseThrow().toString());
            counts.merge(part.apply(modality), (long) detail.tokenCount().orElse(0), Long::sum);
        }
    }

    private static Long sum(Optional<Integer> one, Optional<Integer> other) {
        return one.isEmpty() && other.isEmpty() ? null : (long) one.orElse(0) + other.orElse(0);
    }
}
