package dev.llmpropagation.testkit;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static java.util.Objects.requireNonNull;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A server in the place of a model service, on the loopback interface, over http and https. It answers each request in the
 * form that the request asks for: a document or a stream, a chat completion, a response or an embedding, with the fields,
 * token counts and finish reasons that the real service sends.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final LlmServer openai = LlmServer.openAi();
 * …
 * openai.willFail(429).retryAfter(1).thenAnswer("hello");
 * }</pre>
 *
 * <p>As a static extension it runs for all tests of a class and of those nested in it, as an instance for one; in both cases
 * every test begins without answers and without requests; one that begins while another runs on this server fails, so tests
 * that run at the same time need one each. Without JUnit: {@link #start} and {@link #close}. Thread-safe.
 */
public final class LlmServer
        implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback, AutoCloseable {

    /** Below what a test stubs itself. */
    private static final int PRIORITY = 100;

    /** WireMock's own needs, and one for each call that is answered at the same time. */
    private static final int THREADS = 256;

    private final Dialect dialect;
    private final Questions questions = new Questions();
    private final PacedServer paced = new PacedServer();
    private final TestsInTurn tests = new TestsInTurn("LlmServer");
    private volatile WireMockServer server;
    private boolean stopped;
    private boolean forOneTest;
    private int classes;

    private LlmServer(Dialect dialect) {
        this.dialect = dialect;
        this.server = newServer();
    }

    private WireMockServer newServer() {
        return new WireMockServer(WireMockConfiguration.options()
                .bindAddress("127.0.0.1")
                .dynamicPort()
                .dynamicHttpsPort()
                .keystorePath(TestCertificate.RESOURCE)
                .keystorePassword(TestCertificate.PASSWORD)
                .keyManagerPassword(TestCertificate.PASSWORD)
                .keystoreType(TestCertificate.TYPE)
                .gzipDisabled(true) // it would hold back a stream's events
                .containerThreads(THREADS)
                .extensions(paced, new ScriptedAnswers(dialect, questions, paced)));
    }

    /** A service with OpenAI's API: chat completions, Responses, embeddings. */
    public static LlmServer openAi() {
        return new LlmServer(new OpenAiDialect());
    }

    /** A service with Gemini's API, or Vertex AI's: generateContent, streamGenerateContent, embeddings. */
    public static LlmServer gemini() {
        return new LlmServer(new GeminiDialect());
    }

    /** Starts it without JUnit. No effect if it runs. */
    public synchronized LlmServer start() {
        if (!server.isRunning()) {
            if (stopped) { // one that was stopped once refuses each connection with HTTP/2
                server = newServer();
                stopped = false;
            }
            server.start();
            reset();
        }
        return this;
    }

    /** Ends it, and all connections. It can be started again, at another port. */
    @Override
    public synchronized void close() {
        paced.release();
        if (server.isRunning()) {
            server.stop();
            stopped = true;
        }
    }

    /** Forgets all answers, stubs and requests, and releases what stalls. */
    public void reset() {
        paced.release();
        questions.clear();
        server.resetAll();
        server.stubFor(
                any(anyUrl()).atPriority(PRIORITY).willReturn(aResponse().withTransformers(ScriptedAnswers.NAME)));
    }

    /** Where it listens without TLS, as the SDK's builder wants it. */
    public String baseUrl() {
        return "http://localhost:" + running().port() + dialect.basePath();
    }

    /** Where it listens with TLS and HTTP/2. The certificate is for {@code localhost}, see {@link #trustManager}. */
    public String secureBaseUrl() {
        return "https://localhost:" + running().httpsPort() + dialect.basePath();
    }

    /** Trusts this server and nobody else. */
    public X509TrustManager trustManager() {
        return TestCertificate.trustManager();
    }

    /** The server's certificate, for clients that want a file of trusted ones. */
    public String certificatePem() {
        return TestCertificate.pem();
    }

    /**
     * For stubs of all kinds. They win over the answers of this class, unless their priority is above 100. It is another one
     * each time that the server is started again.
     */
    public WireMockServer wireMock() {
        return server;
    }

    /** The model says this. In a stream it is one event. */
    public Stubbing willAnswer(String text) {
        return will().thenAnswer(text);
    }

    /**
     * The model says this piece by piece; a request for no stream gets all pieces at once.
     *
     * @param pieces one or more
     */
    public Stubbing willStream(String... pieces) {
        return will().thenStream(pieces);
    }

    /**
     * The model wants this tool to be called.
     *
     * @param jsonArguments an object
     */
    public Stubbing willCallTool(String name, String jsonArguments) {
        return will().thenCallTool(name, jsonArguments);
    }

    /**
     * The service refuses, with the document that it has for this.
     *
     * @param status 400 to 599
     */
    public Stubbing willFail(int status) {
        return will().thenFail(status);
    }

    /** The connection ends in the middle of the answer. */
    public Stubbing willBreakMidStream() {
        return will().thenBreakMidStream();
    }

    /** In the middle of the answer nothing more comes, until the test is over. */
    public Stubbing willStall() {
        return will().thenStall();
    }

    /** A greeting begins, and this happens to it. For another answer: {@code willStream(…).with(fault)}. */
    public Stubbing willBreakWith(Fault fault) {
        return will().thenBreakWith(fault);
    }

    /** Another place is to be asked, by a 307. */
    public Stubbing willRedirectTo(String url) {
        return will().thenRedirectTo(url);
    }

    /**
     * Answers to those who ask this, for conversations that go on at the same time. Each question has its own answers, in
     * their order; where several fit, the one that was told first counts. Who asks something else gets those of {@code
     * willAnswer} and its like.
     *
     * <pre>{@code
     * openai.whenAsked(contains("weather")).thenCallTool("weather", "{}").thenAnswer("It rains.");
     * }</pre>
     *
     * @param question asked for the words of the conversation so far, a line for each text: what the system said, then the
     *     messages in their order with results of tools, so the newest comes last. Of a request for embeddings, its texts.
     *     Called on many threads
     * @return without an answer yet: tell it by {@code then…}
     */
    public Stubbing whenAsked(Predicate<? super String> question) {
        running(); // its start forgets what was said before
        return new Stubbing(questions.of(requireNonNull(question, "question")));
    }

    /** For {@link #whenAsked}: this stands somewhere in the conversation. */
    public static Predicate<String> contains(String words) {
        requireNonNull(words, "words");
        return conversation -> conversation.contains(words);
    }

    private Stubbing will() {
        running(); // its start forgets what was said before
        questions.otherwise().clear();
        return new Stubbing(questions.otherwise());
    }

    /** What came, in its order. Those that asked for what nobody plays are among them. */
    public List<LoggedRequest> requests() {
        List<LoggedRequest> requests = new ArrayList<>();
        for (ServeEvent event : running().getAllServeEvents()) {
            requests.add(event.getRequest());
        }
        Collections.reverse(requests);
        return List.copyOf(requests);
    }

    /**
     * The request that came last.
     *
     * @throws AssertionError if none came
     */
    public LoggedRequest lastRequest() {
        List<LoggedRequest> requests = requests();
        if (requests.isEmpty()) {
            throw new AssertionError("No request came to this LlmServer. It listens at " + baseUrl() + " and "
                    + secureBaseUrl() + ": is that the client's base URL?");
        }
        return requests.get(requests.size() - 1);
    }

    private WireMockServer running() {
        if (!server.isRunning()) {
            throw new IllegalStateException(
                    "This LlmServer does not run: register it with @RegisterExtension, or call start()");
        }
        return server;
    }

    /** JUnit calls it for a class and again for each that is nested in it. */
    @Override
    public synchronized void beforeAll(ExtensionContext context) {
        classes++;
        start();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        tests.begin(context);
        if (server.isRunning()) {
            reset();
        } else {
            forOneTest = true;
            start();
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (!tests.end(context)) {
            return;
        }
        paced.release();
        if (forOneTest) {
            forOneTest = false;
            close();
        }
    }

    @Override
    public synchronized void afterAll(ExtensionContext context) {
        classes--;
        if (classes == 0) {
            close();
        }
    }
}
