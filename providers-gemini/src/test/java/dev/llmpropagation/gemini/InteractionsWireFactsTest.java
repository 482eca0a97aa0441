package dev.llmpropagation.gemini;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.google.genai.gaos.models.interactions.CreateModelInteraction;
import com.google.genai.gaos.models.interactions.GenerationConfig;
import com.google.genai.gaos.models.interactions.Interaction;
import com.google.genai.gaos.models.interactions.InteractionsInput;
import com.google.genai.gaos.models.interactions.ModalityTokens;
import com.google.genai.gaos.models.operations.CreateInteractionRequestBody;
import dev.llmpropagation.internal.model.RequestFacts;
import dev.llmpropagation.internal.model.ResponseFacts;
import dev.llmpropagation.internal.model.Usage;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Modality;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** As {@link WireFactsTest}, for what the oldest SDK that we support does not have. */
class InteractionsWireFactsTest {

    @Test
    void interaction_isReadAsTheSdkReadsIt() {
        try (WireFactsServer server = new WireFactsServer("interactions-text.json");
                Client client = server.client()) {
            Interaction typed =
                    client.interactions.create(body(false)).interaction().get();
            ResponseFacts facts = server.facts();
            assertThat(facts.id()).isEqualTo(typed.id().get());
            assertThat(facts.model()).isEqualTo(typed.model().get().value());
            assertThat(facts.finishReasons())
                    .containsExactly(typed.status().get().value());
            assertThat(facts.usage()).isEqualTo(usage(typed.usage().get()));
            RequestFacts request = server.requestFacts();
            assertThat(request.model()).isEqualTo("gemini-3-flash-preview");
            assertThat(request.maxTokens()).isEqualTo(9);
            assertThat(request.previousResponseId()).isEqualTo("v1_0");
            assertThat(request.stream()).isFalse();
        }
    }

    @Test
    void streamedInteraction_isReadAsItIsSent() throws Exception {
        try (WireFactsServer server = new WireFactsServer("interactions-text.sse");
                Client client = server.client()) {
            client.interactions.create(body(true)).events().toList();
            ResponseFacts facts = server.facts();
            assertThat(facts.finishReasons()).isEqualTo(List.of("completed"));
            assertThat(facts.usage())
                    .isEqualTo(new Usage(10L, 34L, 2L, null, 30L, Map.of(Attribute.TEXT_INPUT_TOKENS, 9L)));
            assertThat(server.requestFacts().stream()).isTrue();
        }
    }

    private static Usage usage(com.google.genai.gaos.models.interactions.Usage usage) {
        long thoughts = usage.totalThoughtTokens().get();
        return new Usage(
                (long) usage.totalInputTokens().get()
                        + usage.totalToolUseTokens().get(),
                usage.totalOutputTokens().get() + thoughts,
                (long) usage.totalCachedTokens().get(),
                null,
                thoughts,
                byModality(usage));
    }

    private static Map<Attribute, Long> byModality(com.google.genai.gaos.models.interactions.Usage usage) {
        Map<Attribute, Long> counts = new HashMap<>();
        add(counts, usage.inputTokensByModality(), modality -> modality.input);
        add(counts, usage.toolUseTokensByModality(), modality -> modality.input);
        add(counts, usage.outputTokensByModality(), modality -> modality.output);
        add(counts, usage.cachedTokensByModality(), modality -> modality.cacheRead);
        return counts;
    }

    private static void add(
            Map<Attribute, Long> counts, Optional<List<ModalityTokens>> details, Function<Modality, Attribute> part) {
        for (ModalityTokens detail : details.orElse(List.of())) {
            Modality modality =
                    Modality.valueOf(detail.modality().orElseThrow().value().toUpperCase(Locale.ROOT));
            counts.merge(part.apply(modality), (long) detail.tokens().orElse(0), Long::sum);
        }
    }

    private static CreateInteractionRequestBody body(boolean stream) {
        return CreateInteractionRequestBody.of(CreateModelInteraction.builder()
                .model("gemini-3-flash-preview")
                .input(InteractionsInput.of("{\"model\":\"fake\"}"))
                .generationConfig(GenerationConfig.builder().maxOutputTokens(9).build())
                .previousInteractionId("v1_0")
                .stream(stream)
                .build());
    }
}
