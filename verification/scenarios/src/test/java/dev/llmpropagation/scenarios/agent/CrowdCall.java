package dev.llmpropagation.scenarios.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentResponse;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A call of the crowd: how it is made, what becomes of it, and what its spans must say.
 *
 * @param model names the call, so that its spans and requests can be told from all others
 */
record CrowdCall(String model, Way way, Wish wish) {

    /** The ways of both SDKs. */
    enum Way {
        OPENAI,
        OPENAI_ASYNC,
        OPENAI_STREAM,
        OPENAI_ASYNC_STREAM,
        GEMINI,
        GEMINI_ASYNC,
        GEMINI_STREAM,
        GEMINI_ASYNC_STREAM;

        boolean streams() {
            return name().endsWith("STREAM");
        }
    }

    /** What becomes of a call, with the text that asks the server for it. */
    enum Wish {
        ANSWER("tool please", "completed", Set.of(), 1),
        REFUSAL("fail please", "failed", Set.of("503"), 2),
        // Which side of the socket notices first is a race: a reset, or an end where an answer should begin.
        RESET("break please", "failed", Set.of("java.net.SocketException", "java.io.IOException"), 2),
        LEAVE("tool please", "interrupted", Set.of(), 1),
        CANCEL("slowly please", "cancelled", Set.of(), 1);

        final String text;
        final String outcome;
        final Set<String> errorTypes;
        final int attempts;

        Wish(String text, String outcome, Set<String> errorTypes, int attempts) {
            this.text = text;
            this.outcome = outcome;
            this.errorTypes = errorTypes;
            this.attempts = attempts;
        }

        boolean isPossibleFor(Way way) {
            return this == CANCEL ? way.name().startsWith("OPENAI_ASYNC") : this != LEAVE || way.streams();
        }

        /** A connection that breaks is tried again half a second later, so it is rare. */
        static Wish any(Random random, Way way) {
            int choice = random.nextInt(16);
            if (choice == 0) {
                return RESET;
            }
            if (choice < 4) {
                return REFUSAL;
            }
            if (choice < 8 && way.streams()) {
                return LEAVE;
            }
            return choice < 11 && way.name().startsWith("OPENAI_ASYNC") ? CANCEL : ANSWER;
        }
    }

    static CrowdCall any(Random random, String model) {
        Way way = Way.values()[random.nextInt(Way.values().length)];
        return new CrowdCall(model, way, Wish.any(random, way));
    }

    /** The first are one of each way and end, so that all are made however few calls there are. */
    static CrowdCall oneOfAllThenAny(int number, Random random, String model) {
        int round = number / Way.values().length;
        if (round >= Wish.values().length) {
            return any(random, model);
        }
        Way way = Way.values()[number % Way.values().length];
        List<Wish> possible =
                Stream.of(Wish.values()).filter(wish -> wish.isPossibleFor(way)).toList();
        return new CrowdCall(model, way, possible.get(round % possible.size()));
    }

    /** Makes it, and returns when it is over; throws what the SDK throws. */
    void make(Services services) throws Exception {
        switch (way) {
            case OPENAI -> services.openAi.chat().completions().create(chat());
            case OPENAI_ASYNC -> openAiAsync(services);
            case OPENAI_STREAM -> openAiStream(services);
            case OPENAI_ASYNC_STREAM -> openAiAsyncStream(services);
            case GEMINI -> services.gemini.models.generateContent(model, wish.text, null);
            case GEMINI_ASYNC -> get(services.gemini.async.models.generateContent(model, wish.text, null));
            case GEMINI_STREAM -> read(services.gemini.models.generateContentStream(model, wish.text, null));
            case GEMINI_ASYNC_STREAM ->
                read(get(services.gemini.async.models.generateContentStream(model, wish.text, null)));
        }
    }

    private void openAiAsync(Services services) throws Exception {
        CompletableFuture<?> future = services.openAiAsync.chat().completions().create(chat());
        if (wish == Wish.CANCEL) {
            awaitOther(services);
            future.cancel(true);
        } else {
            get(future);
        }
    }

    private void openAiStream(Services services) {
        try (StreamResponse<ChatCompletionChunk> stream =
                services.openAi.chat().completions().createStreaming(chat())) {
            if (wish == Wish.LEAVE) {
                assertThat(stream.stream().findFirst()).isPresent();
            } else {
                stream.stream().forEach(chunk -> {});
            }
        }
    }

    private void openAiAsyncStream(Services services) throws Exception {
        AsyncStreamResponse<ChatCompletionChunk> stream =
                services.openAiAsync.chat().completions().createStreaming(chat());
        stream.subscribe(new AsyncStreamResponse.Handler<ChatCompletionChunk>() {
            @Override
            public void onNext(ChatCompletionChunk chunk) {
                if (wish == Wish.LEAVE) {
                    stream.close();
                }
            }

            @Override
            public void onComplete(Optional<Throwable> error) {}
        });
        if (wish == Wish.CANCEL) {
            awaitOther(services);
            stream.close();
        } else {
            get(stream.onCompleteFuture());
        }
    }

    private void read(ResponseStream<GenerateContentResponse> stream) {
        try (stream) {
            for (GenerateContentResponse chunk : stream) {
                if (wish == Wish.LEAVE) {
                    break;
                }
            }
        }
    }

    /** Another call of the same prompt, made later: when it is back, this one has nearly always been sent. */
    private void awaitOther(Services services) throws Exception {
        get(services.openAiAsync.chat().completions().create(beside().chat()));
    }

    /** The call that a cancelled one waits for. */
    CrowdCall beside() {
        return new CrowdCall(model + "-beside", Way.OPENAI_ASYNC, Wish.ANSWER);
    }

    private ChatCompletionCreateParams chat() {
        return Services.chat(wish.text).toBuilder().model(model).build();
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(60, TimeUnit.SECONDS);
    }
}
