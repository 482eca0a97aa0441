package dev.llmpropagation.gemini;

import static com.github.tomakehurst.wiremock.client.WireMock.absent;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.notContaining;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.google.genai.Client;
import com.google.genai.errors.GenAiIOException;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every method of the SDK is called in the Context of a caller, on the Gemini API and on Vertex AI, and each request that
 * it makes stands in the caller's trace and session, or in nobody's: what does not have its caller is listed.
 */
class CallersOfEveryMethodTest {

    /** Excused from sending something. */
    private static final Pattern SENDS_NOTHING =
            Pattern.compile("(vertexAI|enterprise|project|location|apiKey|close)\\(\\)|.*\\.(async|sync)\\(\\)"
                    + "|chats\\.create\\(String,GenerateContentConfig\\)|.*\\.getHistory\\(boolean\\)"
                    // its handshake is a test of its own: LiveTest
                    + "|live\\.connect\\(.*");

    /**
     * What the SDK's own {@code client.async} sends from threads where nobody is the caller: pages, uploads and downloads
     * from the first request on, and the requests after the first where one call makes several.
     */
    private static final Pattern LOST_BY_THE_SDK =
            Pattern.compile("models\\.generateContent\\(.*|chats\\.create\\.sendMessage\\(.*,GenerateContentConfig\\)"
                    + "|files\\.(upload|download|registerFiles)\\(.*|tunings\\.get\\(.*"
                    + "|(batches|caches|fileSearchStores|fileSearchStores\\.documents|files|models|tunings)\\.list\\(.*"
                    + "|fileSearchStores\\.(uploadToFileSearchStore|downloadMedia)\\(.*"
                    + "|environments\\.files\\.upload\\(.*");

    /** Of these, those whose first request is lost: the others can find their stage done, and go on where they are. */
    private static final Pattern ALWAYS_LOST_BY_THE_SDK =
            Pattern.compile("files\\.(upload|download)\\(.*|tunings\\.get\\(.*|.*\\.list\\(List\\w+Config\\)"
                    + "|.*\\.list\\(String,ListDocumentsConfig\\)|fileSearchStores\\.downloadMedia\\(.*");

    /** What is lost with the factory's services, too: their pieces go by a pool that the SDK shares between all clients. */
    private static final Pattern LOST_BY_ALL = Pattern.compile("environments\\.files\\.upload\\(.*");

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @TempDir
    Path folder;

    private final List<String> diagnostics = new CopyOnWriteArrayList<>();
    private final Set<String> methods = new TreeSet<>();
    private final Set<String> sent = new TreeSet<>();
    private final Set<String> lost = new TreeSet<>();
    private final Map<String, String> wrong = new TreeMap<>();
    private final Set<String> traces = new HashSet<>();
    private GeminiClientFactory gemini;

    @BeforeEach
    void prepare() {
        gemini = GeminiClientFactory.create(LlmPropagation.builder(wire.openTelemetry)
                .diagnostics(diagnostics::add)
                .build());
        wire.server.stubFor(any(anyUrl()).atPriority(9).willReturn(headers(okJson(page("")))));
        wire.server.stubFor(get(anyUrl())
                .withQueryParam("pageToken", absent())
                .atPriority(5)
                .willReturn(headers(okJson(page("\"nextPageToken\":\"2\",")))));
        String text = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},\"finishReason\":\"STOP\"}]}";
        String call = text.replace("\"text\":\"a\"", "\"functionCall\":{\"name\":\"now\",\"args\":{}}");
        wire.server.stubFor(
                post(urlPathMatching(".*:generateContent")).atPriority(4).willReturn(okJson(text)));
        wire.server.stubFor(post(urlPathMatching(".*:generateContent"))
                .withRequestBody(containing("functionDeclarations"))
                .withRequestBody(notContaining("functionResponse"))
                .atPriority(3)
                .willReturn(okJson(call)));
    }

    @Test
    void syncMethods_haveTheirCaller() throws Exception {
        callAll(client -> client);

        assertThat(lost).isEmpty();
        assertThat(diagnostics).isEmpty();
    }

    @Test
    void asyncMethodsOfTheFactory_haveTheirCaller() throws Exception {
        callAll(gemini::async);

        assertThat(lost).isSubsetOf(matching(LOST_BY_ALL));
        assertThat(diagnostics).isSubsetOf(LostCallers.CHUNK_MESSAGE);
    }

    @Test
    void asyncMethodsOfTheSdk_haveTheirCallerOrNobodyAndTellSo() throws Exception {
        callAll(client -> client.async);

        Set<String> always = matching(ALWAYS_LOST_BY_THE_SDK);
        assertThat(lost).containsAll(always).isSubsetOf(matching(LOST_BY_THE_SDK));
        assertThat(diagnostics)
                .contains(LostCallers.MESSAGE)
                .isSubsetOf(LostCallers.MESSAGE, LostCallers.CHUNK_MESSAGE);
    }

    private Set<String> matching(Pattern names) {
        return methods.stream()
                .filter(name -> names.matcher(name).matches())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private void callAll(Function<Client, Object> services) throws Exception {
        Client geminiApi = wire.client(gemini, sdk -> {});
        Client vertexAi = wire.closeLater(gemini.client(sdk -> sdk.vertexAI(true)
                .project("p")
                .location("l")
                .credentials(SdkArguments.credentials())
                .httpOptions(wire.options().build())));
        SdkArguments arguments = new SdkArguments(folder);
        for (Client client : List.of(geminiApi, vertexAi)) {
            for (String name : SdkMethods.of(services.apply(client)).keySet()) {
                if (!SENDS_NOTHING.matcher(name).matches()) {
                    methods.add(name);
                    call(name, client, services, arguments);
                }
            }
        }
        assertThat(wrong).as("requests of another caller").isEmpty();
        assertThat(sent).as("methods that send something, excused ones aside").isEqualTo(methods);
        assertThat(methods).hasSizeGreaterThan(70);
    }

    private void call(String name, Client client, Function<Client, Object> services, SdkArguments arguments)
            throws Exception {
        wire.server.resetRequests();
        Span span = wire.openTelemetry.getTracer("program").spanBuilder(name).startSpan();
        String session = "s-" + traces.size();
        try (Scope ignored =
                Context.root().with(span).with(LlmSession.of(session)).makeCurrent()) {
            SdkMethods.SdkMethod method = SdkMethods.of(services.apply(client)).get(name);
            method.use(arguments.of(method.method()));
        } catch (UnsupportedOperationException | ExecutionException | GenAiIOException e) {
            // What the SDK makes of these answers, or of the wrong service. The requests are what counts.
        } catch (RuntimeException e) {
            if (wire.requests().isEmpty() && !(e instanceof IllegalArgumentException)) {
                throw e;
            }
        } finally {
            span.end();
        }
        String trace = span.getSpanContext().getTraceId();
        for (LoggedRequest request : wire.requests()) {
            sent.add(name);
            String sentTrace = request.getHeader("traceparent").substring(3, 35);
            String sentSession = request.getHeader(GeminiWire.SESSION);
            boolean callers = sentTrace.equals(trace) && session.equals(sentSession);
            boolean nobodys = !sentTrace.equals(trace) && !traces.contains(sentTrace) && sentSession == null;
            if (nobodys) {
                lost.add(name);
            } else if (!callers) {
                wrong.put(name, request.getUrl() + ' ' + sentTrace + ' ' + sentSession);
            }
        }
        traces.add(trace);
    }

    private ResponseDefinitionBuilder headers(ResponseDefinitionBuilder response) {
        return response.withHeader("X-Goog-Upload-URL", wire.url("") + "/upload?upload_id=1")
                .withHeader("X-Goog-Upload-Status", "final");
    }

    private static String page(String token) {
        String item = "[{\"name\":\"a/1\"}]";
        StringBuilder page = new StringBuilder("{" + token + "\"name\":\"a/1\",\"file\":{\"name\":\"files/1\"}");
        for (String list : List.of(
                "models",
                "files",
                "cachedContents",
                "tunedModels",
                "tuningJobs",
                "batches",
                "operations",
                "documents",
                "fileSearchStores",
                "batchPredictionJobs",
                "publisherModels")) {
            page.append(",\"").append(list).append("\":").append(item);
        }
        return page.append('}').toString();
    }
}
