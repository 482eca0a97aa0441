package dev.llmpropagation.scenarios.soak;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentResponse;
import com.openai.client.OpenAIClient;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.fixtures.ChatQuestion;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The kinds of calls that are mixed. Each returns when the program is done with it, which the SDK need not be. */
enum SoakCall {
    CHAT((openAi, gemini) -> openAi.chat().completions().create(asking("answer"))),
    CHAT_REPEATED((openAi, gemini) -> openAi.chat().completions().create(asking("repeat"))),
    CHAT_REFUSED((openAi, gemini) -> openAi.chat().completions().create(asking("refuse"))),
    CHAT_BROKEN((openAi, gemini) -> openAi.chat().completions().create(asking("break"))),
    CHAT_ASYNC((openAi, gemini) -> get(openAi.async().chat().completions().create(asking("answer")))),
    CHAT_ASYNC_CANCELLED((openAi, gemini) ->
            openAi.async().chat().completions().create(asking("slowly")).cancel(true)),
    CHAT_STREAM((openAi, gemini) -> {
        try (StreamResponse<ChatCompletionChunk> stream =
                openAi.chat().completions().createStreaming(asking("answer"))) {
            stream.stream().forEach(chunk -> {});
        }
    }),
    CHAT_STREAM_LEFT((openAi, gemini) -> {
        try (StreamResponse<ChatCompletionChunk> stream =
                openAi.chat().completions().createStreaming(asking("answer"))) {
            stream.stream().findFirst().ifPresent(chunk -> {});
        }
    }),
    /** Which the SDK closes when it finds it, and the sweep where it does not. */
    CHAT_STREAM_FORGOTTEN((openAi, gemini) -> openAi.chat().completions().createStreaming(asking("answer"))),
    CHAT_STREAM_ASYNC((openAi, gemini) -> {
        AsyncStreamResponse<ChatCompletionChunk> stream =
                openAi.async().chat().completions().createStreaming(asking("answer"));
        get(stream.subscribe(chunk -> {}).onCompleteFuture());
    }),
    CHAT_STREAM_ASYNC_CLOSED((openAi, gemini) -> openAi.async()
            .chat()
            .completions()
            .createStreaming(asking("slowly"))
            .close()),
    CONTENT((openAi, gemini) -> gemini.models.generateContent(SoakCall.MODEL, "answer", null)),
    CONTENT_REFUSED((openAi, gemini) -> gemini.models.generateContent(SoakCall.MODEL, "refuse", null)),
    CONTENT_ASYNC((openAi, gemini) -> get(gemini.async.models.generateContent(SoakCall.MODEL, "answer", null))),
    CONTENT_ASYNC_CANCELLED((openAi, gemini) ->
            gemini.async.models.generateContent(SoakCall.MODEL, "slowly", null).cancel(true)),
    CONTENT_STREAM((openAi, gemini) -> {
        try (ResponseStream<GenerateContentResponse> stream =
                gemini.models.generateContentStream(SoakCall.MODEL, "answer", null)) {
            stream.forEach(chunk -> {});
        }
    }),
    CONTENT_STREAM_LEFT((openAi, gemini) -> {
        try (ResponseStream<GenerateContentResponse> stream =
                gemini.models.generateContentStream(SoakCall.MODEL, "answer", null)) {
            stream.iterator().next();
        }
    });

    private static final String MODEL = "gemini-2.5-flash";

    private interface Call {
        void make(OpenAIClient openAi, Client gemini) throws Exception;
    }

    private final Call call;

    SoakCall(Call call) {
        this.call = call;
    }

    /** Throws what the SDK throws. */
    void make(OpenAIClient openAi, Client gemini) throws Exception {
        call.make(openAi, gemini);
    }

    private static ChatCompletionCreateParams asking(String text) {
        return ChatQuestion.of(text);
    }

    private static void get(CompletableFuture<?> future) throws Exception {
        future.get(60, TimeUnit.SECONDS);
    }
}
