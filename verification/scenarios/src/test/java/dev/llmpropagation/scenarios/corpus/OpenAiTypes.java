package dev.llmpropagation.scenarios.corpus;

import com.openai.core.JsonField;
import com.openai.core.JsonMissing;
import com.openai.core.JsonValue;
import com.openai.errors.OpenAIServiceException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionUsage;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.ResponseUsage;
import dev.llmpropagation.scenarios.corpus.Told.Counts;
import dev.llmpropagation.scenarios.corpus.Told.Reasons;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What openai-java's typed objects say. Fields that a service leaves out are empty, not an exception. */
@SuppressWarnings("deprecation") // the way to what the SDK has no type for
final class OpenAiTypes {

    private OpenAiTypes() {}

    @SuppressWarnings("deprecation") // the only way to what the type does not know
    static Told of(ChatCompletion answer) {
        Reasons reasons = new Reasons();
        answer._choices()
                .asKnown()
                .orElse(List.of())
                .forEach(choice -> reasons.add(
                        choice.index(), choice._finishReason().asKnown().map(reason -> reason.asString())));
        return new Told(
                text(answer._id()),
                text(answer._model()),
                reasons.toList(),
                usage(answer._usage()),
                errorInside(answer._additionalProperties()));
    }

    static Told ofChunks(Heard<ChatCompletionChunk> heard) {
        Reasons reasons = new Reasons();
        heard.parts().forEach(chunk -> chunk.choices()
                .forEach(choice -> reasons.add(
                        choice.index(), choice._finishReason().asKnown().map(reason -> reason.asString()))));
        return new Told(
                first(heard.parts(), ChatCompletionChunk::_id),
                first(heard.parts(), ChatCompletionChunk::_model),
                reasons.toList(),
                lastUsage(heard.parts(), ChatCompletionChunk::_usage),
                errorOf(heard.failure()));
    }

    static Told ofCompletions(Heard<Completion> heard) {
        Reasons reasons = new Reasons();
        heard.parts().forEach(part -> part.choices()
                .forEach(choice -> reasons.add(
                        choice.index(), choice._finishReason().asKnown().map(reason -> reason.asString()))));
        return new Told(
                first(heard.parts(), Completion::_id),
                first(heard.parts(), Completion::_model),
                reasons.toList(),
                lastUsage(heard.parts(), Completion::_usage),
                errorOf(heard.failure()));
    }

    @SuppressWarnings("deprecation") // the only way to what the type does not know
    static Told of(CreateEmbeddingResponse answer) {
        JsonValue id = answer._additionalProperties().get("id");
        return new Told(
                id == null ? null : text(id),
                text(answer._model()),
                List.of(),
                answer._usage()
                        .asKnown()
                        .map(usage -> new Counts(number(usage._promptTokens()), null, null, null, null))
                        .orElse(Counts.NONE),
                errorInside(answer._additionalProperties()));
    }

    /** A status that is no end: an answer that goes on in the background has none to tell yet. */
    static Told of(Response answer) {
        return of(answer, List.of());
    }

    static Told ofEvents(Heard<ResponseStreamEvent> heard) {
        ResponseAccumulator accumulator = ResponseAccumulator.create();
        Response seen = null;
        String error = errorOf(heard.failure());
        for (ResponseStreamEvent event : heard.parts()) {
            accumulator.accumulate(event);
            seen = Stream.of(
                            event.created().map(start -> start.response()),
                            event.inProgress().map(start -> start.response()))
                    .flatMap(Optional::stream)
                    .findFirst()
                    .orElse(seen);
            if (event.isError()) {
                error = Told.errorName(text(event.asError()._code()));
            }
        }
        boolean ended = heard.parts().stream()
                .anyMatch(event -> event.isCompleted() || event.isIncomplete() || event.isFailed());
        Told told = of(ended ? accumulator.response() : seen, List.of(Told.ERROR));
        return error == null ? told : new Told(told.id(), told.model(), told.finishReasons(), told.usage(), error);
    }

    private static Told of(Response answer, List<String> reasonsBeforeTheEnd) {
        String status =
                answer._status().asKnown().map(known -> known.asString()).orElseThrow();
        boolean goesOn = status.equals("queued") || status.equals("in_progress");
        List<String> reasons = List.of(answer.incompleteDetails()
                .flatMap(details -> details.reason())
                .map(reason -> reason.asString())
                .orElse(status));
        String model = Stream.of(
                        answer.model().string(),
                        answer.model().chat().map(known -> known.asString()),
                        answer.model().only().map(known -> known.asString()))
                .flatMap(Optional::stream)
                .findFirst()
                .orElseThrow();
        return new Told(
                text(answer._id()),
                model,
                goesOn ? reasonsBeforeTheEnd : reasons,
                answer._usage().asKnown().map(OpenAiTypes::usage).orElse(Counts.NONE),
                answer.error().map(error -> error.code().asString()).orElse(null));
    }

    private static Counts usage(ResponseUsage usage) {
        Optional<ResponseUsage.InputTokensDetails> input =
                usage._inputTokensDetails().asKnown();
        return new Counts(
                number(usage._inputTokens()),
                number(usage._outputTokens()),
                input.map(details -> number(details._cachedTokens())).orElse(null),
                input.map(details -> number(details._cacheWriteTokens())).orElse(null),
                usage._outputTokensDetails()
                        .asKnown()
                        .map(details -> number(details._reasoningTokens()))
                        .orElse(null));
    }

    private static Counts usage(JsonField<CompletionUsage> field) {
        Optional<CompletionUsage> usage = field.asKnown();
        Optional<CompletionUsage.PromptTokensDetails> input =
                usage.flatMap(known -> known._promptTokensDetails().asKnown());
        return new Counts(
                usage.map(known -> number(known._promptTokens())).orElse(null),
                usage.map(known -> number(known._completionTokens())).orElse(null),
                input.map(details -> number(details._cachedTokens())).orElse(null),
                input.map(details -> number(details._cacheWriteTokens())).orElse(null),
                usage.flatMap(known -> known._completionTokensDetails().asKnown())
                        .map(details -> number(details._reasoningTokens()))
                        .orElse(null));
    }

    private static <T> Counts lastUsage(List<T> parts, Function<T, JsonField<CompletionUsage>> usage) {
        return parts.stream()
                .map(usage)
                .filter(field -> field.asKnown().isPresent())
                .reduce((earlier, later) -> later)
                .map(OpenAiTypes::usage)
                .orElse(Counts.NONE);
    }

    private static <T> @Nullable String first(List<T> parts, Function<T, JsonField<String>> field) {
        return parts.stream()
                .flatMap(part -> Optional.ofNullable(text(field.apply(part))).stream())
                .findFirst()
                .orElse(null);
    }

    private static @Nullable String errorOf(@Nullable Throwable failure) {
        if (failure == null) {
            return null;
        }
        return errorName(((OpenAIServiceException) failure).body());
    }

    /** An error that comes with status 200 is a property that the type does not know. */
    private static @Nullable String errorInside(Map<String, JsonValue> additional) {
        JsonValue error = additional.get("error");
        return error == null ? null : errorName(error);
    }

    private static String errorName(JsonField<?> error) {
        Map<String, JsonValue> members = error.asObject().orElseThrow();
        JsonField<?> code = members.getOrDefault("code", JsonMissing.of());
        JsonField<?> type = members.getOrDefault("type", JsonMissing.of());
        return Told.errorName(
                text(code), text(type), code.asNumber().map(Object::toString).orElse(null));
    }

    private static @Nullable String text(JsonField<?> field) {
        return field.asString().filter(text -> !text.isEmpty()).orElse(null);
    }

    private static @Nullable Long number(JsonField<Long> field) {
        return field.asKnown().orElse(null);
    }
}
