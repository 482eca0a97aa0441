package dev.llmpropagation.testkit;

import static dev.llmpropagation.testkit.LlmServer.contains;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers by what was asked. */
class QuestionsTest {

    @RegisterExtension
    static final LlmServer openai = LlmServer.openAi();

    @RegisterExtension
    static final LlmServer gemini = LlmServer.gemini();

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    /** Where each API has the words of a user. */
    private static final Map<String, String> REQUESTS = Map.of(
            "chat", "{'messages':[{'role':'system','content':'Be brief'},{'role':'user','content':'%s'}]}",
            "parts", "{'messages':[{'role':'user','content':[{'type':'text','text':'%s'}]}]}",
            "stream", "{'stream':true,'messages':[{'role':'user','content':'%s'}]}",
            "response", "{'input':'%s'}",
            "items", "{'input':[{'role':'user','content':[{'type':'input_text','text':'%s'}]}]}",
            "instructions", "{'instructions':'%s','input':'Hi'}",
            "embeddings", "{'input':['%s']}",
            "tool", "{'messages':[{'role':'tool','tool_call_id':'c','content':'%s'}]}",
            "output", "{'input':[{'type':'function_call_output','call_id':'c','output':'%s'}]}");

    @ParameterizedTest
    @CsvSource({
        "chat, chat/completions",
        "parts, chat/completions",
        "stream, chat/completions",
        "tool, chat/completions",
        "response, responses",
        "items, responses",
        "instructions, responses",
        "output, responses",
    })
    void openAi_answersByWhatWasAsked(String form, String path) throws Exception {
        openai.willAnswer("other");
        openai.whenAsked(contains("rain")).thenAnswer("wet");
        openai.whenAsked(contains("sun")).thenAnswer("dry");

        assertThat(ask(openai, path, form, "Will it rain?")).contains("wet").doesNotContain("dry", "other");
        assertThat(ask(openai, path, form, "Is there sun?")).contains("dry").doesNotContain("wet", "other");
        assertThat(ask(openai, path, form, "Who are you?")).contains("other").doesNotContain("wet", "dry");
    }

    @Test
    void embeddings_areOfTheirTexts() throws Exception {
        openai.whenAsked(contains("rain")).thenAnswer("").usage(3, 0);
        openai.whenAsked(contains("sun")).thenAnswer("").usage(4, 0);

        assertThat(ask(openai, "embeddings", "embeddings", "sun")).contains("\"prompt_tokens\":4");
        assertThat(ask(openai, "embeddings", "embeddings", "rain")).contains("\"prompt_tokens\":3");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "generateContent; |{'contents':[{'role':'user','parts':[{'text':'%s'}]}]}|",
                "streamGenerateContent?alt=sse; |{'contents':[{'role':'user','parts':[{'text':'%s'}]}]}|",
                "generateContent; |{'systemInstruction':{'parts':[{'text':'%s'}]},'contents':[]}|",
                "generateContent; |{'contents':[{'parts':[{'functionResponse':{'name':'f','response':{'a':['%s']}}}]}]}|",
            },
            delimiter = ';')
    void gemini_answersByWhatWasAsked(String method, String body) throws Exception {
        gemini.whenAsked(contains("rain")).thenStream("w", "et");
        gemini.whenAsked(contains("sun")).thenAnswer("dry");

        String url = gemini.baseUrl() + "/v1beta/models/gemini-2.5-flash:" + method;
        assertThat(post(url, body.formatted("Is there sun?"))).contains("\"dry\"");
        assertThat(post(url, body.formatted("Will it rain?")))
                .contains(method.startsWith("stream") ? "\"et\"" : "\"wet\"")
                .doesNotContain("dry");
    }

    @Test
    void eachQuestion_hasItsOwnAnswersInTheirOrder() throws Exception {
        openai.whenAsked(contains("one")).thenFail(429).retryAfter(0).thenAnswer("1");
        openai.whenAsked(contains("two")).thenCallTool("count", "{}").thenAnswer("2");

        assertThat(ask(openai, "chat/completions", "chat", "one")).contains("rate_limit_exceeded");
        assertThat(ask(openai, "chat/completions", "chat", "two")).contains("\"count\"");
        assertThat(ask(openai, "chat/completions", "chat", "one")).contains("\"1\"");
        assertThat(ask(openai, "chat/completions", "chat", "two")).contains("\"2\"");
    }

    @Test
    void firstQuestionThatFits_counts() throws Exception {
        openai.whenAsked(words -> words.endsWith("rain?")).thenAnswer("newest");
        openai.whenAsked(contains("rain")).thenAnswer("anywhere");

        assertThat(ask(openai, "chat/completions", "chat", "Will it rain?")).contains("newest");
        assertThat(ask(openai, "chat/completions", "chat", "Will it rain? Say yes"))
                .contains("anywhere");
    }

    @Test
    void questionThatNobodyForesaw_isToldWithItsWords() throws Exception {
        openai.whenAsked(contains("rain")).thenAnswer("wet");

        assertThat(ask(openai, "chat/completions", "chat", "Hi")).contains("whenAsked", "Be brief\\nHi");
        assertThatThrownBy(() -> openai.whenAsked(contains("x")).usage(1, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("then…");
    }

    private static String ask(LlmServer server, String path, String form, String words)
            throws IOException, InterruptedException {
        return post(server.baseUrl() + "/" + path, REQUESTS.get(form).formatted(words));
    }

    private static String post(String url, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
                .build();
        return CLIENT.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
