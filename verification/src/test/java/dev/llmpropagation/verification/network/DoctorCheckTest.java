package dev.llmpropagation.verification.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.llmpropagation.verification.doctor.check.CheckCommand;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import okhttp3.tls.HandshakeCertificates;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code doctor check}: each stage fails in turn. */
class DoctorCheckTest {

    private static final String KEY = "MARKER-api-key-0123456789";
    private static final String MODELS = "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\","
            + "\"created\":1,\"owned_by\":\"o\"}]}";
    private static final String CHUNK = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,"
            + "\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":%s}]}\n\n";
    private static final String GOOD = CHUNK.formatted("null") + CHUNK.formatted("\"stop\"") + "data: [DONE]\n\n";
    private static final Certificates CERTIFICATES = new Certificates();

    @RegisterExtension
    static final Squid squid = new Squid();

    @TempDir
    Path folder;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch release = new CountDownLatch(1);
    private final StringWriter said = new StringWriter();
    private HttpServer server;
    private volatile int modelsStatus = 200;
    private volatile int chatStatus = 200;
    private volatile String chat = GOOD;
    private volatile boolean cut;
    private volatile boolean stall;
    private String keyFile;
    private String ca;

    @BeforeEach
    void start() throws IOException {
        keyFile = Files.writeString(folder.resolve("key"), KEY + "\n").toString();
        ca = Files.writeString(folder.resolve("ca.pem"), CERTIFICATES.authority.certificatePem())
                .toString();
        serve(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
    }

    @AfterEach
    void stop() {
        release.countDown();
        server.stop(0);
        threads.shutdownNow();
        assertThat(said.toString()).doesNotContain("MARKER");
    }

    @Test
    void goodEndpoint_passesAllStages() throws Exception {
        JsonNode report = json(0, url(), "--model", "m", "--live");

        assertThat(report.path("failedStage").isNull()).isTrue();
        assertThat(statuses(report))
                .startsWith("passed", "passed", "skipped", "skipped")
                .endsWith("passed", "passed");
        assertThat(report.at("/headers/0/sent").asBoolean()).isTrue();
        assertThat(report.at("/headers/0/seen").asBoolean()).isTrue();
        assertThat(report.at("/headers/2/seen").asBoolean()).isFalse();
    }

    @Test
    void withoutLive_noModelIsAsked() throws Exception {
        chatStatus = 500;

        JsonNode report = json(0, url(), "--model", "other");

        assertThat(report.at("/stages/5/status").asText()).isEqualTo("warning");
        assertThat(report.at("/stages/6/status").asText()).isEqualTo("skipped");
    }

    @Test
    void refusedDestination_getsNoHeader() throws Exception {
        JsonNode report = json(0, url(), "--destinations", "gw.example.com");

        report.path("headers").forEach(header -> {
            assertThat(header.path("sent").asBoolean()).isFalse();
            assertThat(header.path("seen").asBoolean()).isFalse();
        });
        assertThat(report.at("/headers/0/reason").asText()).contains("no pattern of hosts(gw.example.com) matches it");
    }

    @Test
    void unknownHost_failsAtDns() throws Exception {
        assertFails(11, "dns", "dns", "http://nobody.invalid/v1");
    }

    @Test
    void closedPort_failsAtTcp() throws Exception {
        assertFails(12, "connect", "connect", "http://localhost:" + RealServer.freePort() + "/v1");
    }

    @Test
    void proxyWithoutCredentials_failsAtTheProxy() throws Exception {
        assertFails(13, "proxy", "proxy_auth", "https://" + Squid.KNOWN_HOST + "/v1", "--proxy", proxy());
    }

    @Test
    void proxyThatForbidsTheHost_failsAtTheProxy() throws Exception {
        assertFails(
                13,
                "proxy",
                "proxy",
                "https://" + Squid.FORBIDDEN_HOST + "/v1",
                "--proxy",
                proxy(),
                "--proxy-user",
                Squid.USER,
                "--proxy-password-file",
                password());
    }

    @Test
    void throughTheProxy_passes() throws Exception {
        tls();

        JsonNode report = json(
                0,
                "https://" + Squid.KNOWN_HOST + ':' + server.getAddress().getPort() + "/v1",
                "--proxy",
                proxy(),
                "--proxy-user",
                Squid.USER,
                "--proxy-password-file",
                password(),
                "--ca",
                ca,
                "--model",
                "m",
                "--live");

        assertThat(report.at("/stages/2/status").asText()).isEqualTo("passed");
        assertThat(report.at("/stages/3/status").asText()).isEqualTo("warning");
        assertThat(report.at("/stages/3/remedy").asText()).contains("company CA");
    }

    @Test
    void unknownIssuer_failsAtTlsAndIsNamed() throws Exception {
        tls();

        JsonNode report = assertFails(
                14, "tls", "tls", "https://localhost:" + server.getAddress().getPort() + "/v1");

        assertThat(report.at("/stages/3/detail").asText()).contains("company CA");
        assertThat(report.at("/stages/3/remedy").asText()).contains("--ca FILE");
    }

    @Test
    void wrongKey_failsAtAuthentication() throws Exception {
        modelsStatus = 401;
        assertFails(15, "authentication", "unauthorized", url());
        modelsStatus = 403;
        assertFails(15, "authentication", "forbidden", url());
    }

    @Test
    void refusedModel_failsAtTheModel() throws Exception {
        chatStatus = 404;
        assertFails(16, "model", "not_found", url(), "--model", "m", "--live");
        chatStatus = 429;
        assertFails(16, "model", "throttled", url(), "--model", "m", "--live");
        chatStatus = 503;
        assertFails(16, "model", "service_error", url(), "--model", "m", "--live");
    }

    @Test
    void silentStream_failsAtTheFirstByte() throws Exception {
        chat = "";
        stall = true;
        assertFails(17, "first_byte", "timeout", url(), "--model", "m", "--live", "--timeout", "2");
    }

    @Test
    void brokenStream_failsAtItsEnd() throws Exception {
        chat = CHUNK.formatted("null");
        cut = true;
        assertFails(18, "end_of_stream", "stream_cut", url(), "--model", "m", "--live");
    }

    @Test
    void streamWithoutTheLastWord_failsAtItsEnd() throws Exception {
        chat = CHUNK.formatted("null");
        assertFails(18, "end_of_stream", "stream_cut", url(), "--model", "m", "--live");
    }

    @Test
    void stalledStream_failsAtItsEnd() throws Exception {
        chat = CHUNK.formatted("null");
        stall = true;
        assertFails(18, "end_of_stream", "timeout", url(), "--model", "m", "--live", "--timeout", "2");
    }

    @Test
    void text_hasWhatNeedsActionOnTop() {
        modelsStatus = 401;

        assertThat(check("--base-url", url(), "--key-file", keyFile, "--no-color"))
                .isEqualTo(15);

        assertThat(said.toString().lines().toList().get(2)).startsWith("✗ authentication: status 401");
        assertThat(said.toString()).contains("(present)").contains("✗ failed: authentication (exit code 15)");
    }

    @Test
    void secretInAnArgument_isWrongUsage() {
        assertThat(check("--proxy", "http://u:MARKER@localhost:1")).isEqualTo(2);
        assertThat(check("--base-url", "http://u:MARKER@localhost:1")).isEqualTo(2);
        assertThat(check("--live")).isEqualTo(2);
    }

    private JsonNode assertFails(int exitCode, String stage, String failureClass, String url, String... more)
            throws IOException {
        JsonNode report = json(exitCode, url, more);
        assertThat(report.path("exitCode").asInt()).isEqualTo(exitCode);
        assertThat(report.path("failedStage").asText()).isEqualTo(stage);
        assertThat(report.path("failureClass").asText()).isEqualTo(failureClass);
        return report;
    }

    /** What is printed is as the schema says. */
    private JsonNode json(int exitCode, String url, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("--base-url", url, "--key-file", keyFile, "--json"));
        args.addAll(List.of(more));
        int before = said.getBuffer().length();
        int actual = check(args.toArray(String[]::new));
        String text = said.toString().substring(before);
        assertThat(actual).as(text).isEqualTo(exitCode);
        JsonNode report = new ObjectMapper().readTree(text);
        JsonSchema schema = JsonSchemaFactory.getInstance(VersionFlag.V202012)
                .getSchema(Files.readString(Path.of("..", "docs", "doctor-check.schema.json")));
        assertThat(schema.validate(report)).isEmpty();
        return report;
    }

    private int check(String... args) {
        PrintWriter out = new PrintWriter(said, true);
        return new CommandLine(new CheckCommand()).setOut(out).setErr(out).execute(args);
    }

    private static List<String> statuses(JsonNode report) {
        List<String> statuses = new ArrayList<>();
        report.path("stages").forEach(stage -> statuses.add(stage.path("status").asText()));
        return statuses;
    }

    private String url() {
        return "http://localhost:" + server.getAddress().getPort() + "/v1";
    }

    private static String proxy() {
        return "http://127.0.0.1:" + squid.port();
    }

    private String password() throws IOException {
        return Files.writeString(folder.resolve("password"), Squid.PASSWORD).toString();
    }

    private void tls() throws IOException {
        server.stop(0);
        HttpsServer https = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        https.setHttpsConfigurator(new HttpsConfigurator(new HandshakeCertificates.Builder()
                .heldCertificate(CERTIFICATES.server)
                .build()
                .sslContext()));
        serve(https);
    }

    private void serve(HttpServer started) {
        server = started;
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        boolean models = exchange.getRequestURI().getPath().endsWith("/models");
        int status = models ? modelsStatus : chatStatus;
        // A service may well say which key it refuses.
        String error = "{\"error\":{\"message\":\"wrong key: " + KEY + "\"}}";
        String body = status != 200 ? error : models ? MODELS : chat;
        exchange.getResponseHeaders()
                .add("Content-Type", models || status != 200 ? "application/json" : "text/event-stream");
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, cut && !models ? bytes.length + 100 : 0);
        OutputStream out = exchange.getResponseBody();
        out.write(bytes);
        out.flush();
        if (stall && !models) {
            try {
                release.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        exchange.close();
    }
}
