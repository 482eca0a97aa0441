import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Scope;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program that calls models by the artifacts that its pom names. Arguments are the calls to make, classes of this
 * folder's neighbours, and what its class path must have, as artifact=version.
 */
public final class Consumer {

    /** What a program does by one artifact. */
    interface Call {
        /** Returns what the model said, or something else that is not empty. */
        String ask(LlmPropagation propagation, String url) throws Exception;
    }

    private static final String SESSION = "session-of-the-consumer";
    private static final Map<String, HttpExchange> SEEN = new ConcurrentHashMap<>();
    private static final List<String> TOLD = Collections.synchronizedList(new ArrayList<>());

    private Consumer() {}

    public static void main(String[] args) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", Consumer::answer);
        server.start();
        String url = "http://localhost:" + server.getAddress().getPort();
        try {
            run(url, args);
        } finally {
            server.stop(0);
        }
    }

    private static void run(String url, String[] args) throws Exception {
        Map<String, String> versions = versions();
        boolean exports = List.of(args).contains("Exporter");
        OpenTelemetry openTelemetry = exports ? openTelemetry(url) : OpenTelemetry.noop();
        LlmPropagation propagation =
                LlmPropagation.builder(openTelemetry).diagnostics(TOLD::add).build();
        List<String> said = new ArrayList<>();
        int copies = 1;
        for (String arg : args) {
            int equals = arg.indexOf('=');
            if (arg.startsWith("OkHttps=")) {
                copies = Integer.parseInt(arg.substring(8));
            } else if (equals > 0) {
                String artifact = arg.substring(0, equals);
                check(arg.substring(equals + 1).equals(versions.getOrDefault(artifact, "none")),
                        artifact + " is " + versions.get(artifact) + ", not " + arg.substring(equals + 1));
            } else if (!arg.equals("Exporter")) {
                Call call = (Call) Class.forName(arg).getDeclaredConstructor().newInstance();
                try (Scope session = LlmSession.of(SESSION).makeCurrent()) {
                    String answer = call.ask(propagation, url);
                    check(!answer.isEmpty(), arg + " got no answer");
                    said.add(answer);
                }
            }
        }
        List<URL> okhttps = Collections.list(Consumer.class.getClassLoader().getResources("okhttp3/OkHttpClient.class"));
        check(okhttps.size() == copies, "OkHttps: " + okhttps);
        check(TOLD.size() == (copies == 1 ? 0 : 1), "diagnostics: " + TOLD);
        for (String path : List.of("/openai/chat/completions", "/v1/models/m:generateContent")) {
            HttpExchange exchange = SEEN.get(path);
            if (exchange != null) {
                check(SESSION.equals(exchange.getRequestHeaders().getFirst("X-Qwen-Code-Session-Id")), "no session header");
                check(exports == exchange.getRequestHeaders().containsKey("traceparent"), "traceparent of " + path);
            }
        }
        propagation.close();
        if (openTelemetry instanceof AutoCloseable) {
            ((AutoCloseable) openTelemetry).close();
        }
        check(exports == SEEN.containsKey("/v1/traces"), "spans were exported: " + SEEN.keySet());
        System.out.println("Consumer: " + System.getProperty("name") + " " + said + " " + versions
                + (TOLD.isEmpty() ? "" : " " + TOLD));
    }

    private static OpenTelemetry openTelemetry(String url) throws Exception {
        return (OpenTelemetry) Class.forName("Telemetry").getMethod("to", String.class).invoke(null, url);
    }

    /** By the names of the jars that this JVM was started with. */
    private static Map<String, String> versions() {
        Pattern jar = Pattern.compile("(okhttp|okhttp-jvm|okio-jvm|kotlin-stdlib|jackson-databind|jackson-core"
                + "|jackson-annotations|openai-java-core|openai-java-client-okhttp|google-genai|opentelemetry-api)-(\\d.*)\\.jar");
        Map<String, String> versions = new TreeMap<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Matcher name = jar.matcher(new File(entry).getName());
            // Jackson 3 has the same names of artifacts in another group.
            if (name.matches() && !entry.contains(File.separator + "tools" + File.separator + "jackson")) {
                versions.merge(name.group(1), name.group(2), (a, b) -> a + " and " + b);
            }
        }
        return versions;
    }

    private static void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        exchange.getRequestBody().readAllBytes();
        SEEN.put(path, exchange);
        String json = switch (path) {
            case "/openai/chat/completions" -> """
                    {"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",
                    "message":{"role":"assistant","content":"from OpenAI","refusal":null},"logprobs":null}]}""";
            case "/v1/models/m:generateContent" -> """
                    {"candidates":[{"content":{"role":"model","parts":[{"text":"from Gemini"}]},"finishReason":"STOP"}]}""";
            default -> "{}";
        };
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise + " " + versions());
        }
    }
}
