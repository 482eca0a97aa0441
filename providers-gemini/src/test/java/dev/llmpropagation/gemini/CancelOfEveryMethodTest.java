package dev.llmpropagation.gemini;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.fixtures.LocalServer;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every asynchronous method that the factory gives, on the Gemini API and on Vertex AI: to cancel its future ends its
 * request. What does not is listed, as in docs/propagation.md.
 */
class CancelOfEveryMethodTest {

    /** Their futures begin on the common pool, or are those of a WebSocket; to tune waits for the answer itself. */
    private static final Pattern ENDS_NOTHING = Pattern.compile("files\\.(upload|download|registerFiles)\\(.*"
            + "|fileSearchStores\\.(uploadToFileSearchStore|downloadMedia)\\(.*"
            + "|.*\\.list\\(.*|tunings\\.(get|tune)\\(.*|live\\.connect\\(.*");

    /** Of the generated services, whose futures are their own. */
    private static final String GENERATED = "com.google.genai.gaos";

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @TempDir
    Path folder;

    private volatile CountDownLatch end = new CountDownLatch(1);
    private final AtomicInteger arrived = new AtomicInteger();
    private final AtomicInteger cancelled = new AtomicInteger();
    private final Set<String> tried = new TreeSet<>();
    private final Set<String> running = new TreeSet<>();

    private final LocalServer silent = LocalServer.start(exchange -> {
        arrived.incrementAndGet();
        Latches.await(end);
        exchange.close();
    });

    @AfterEach
    void stop() {
        end.countDown();
        silent.close();
    }

    /** OkHttp tells of a cancel on the thread that cancels, before it returns. */
    @Test
    void cancelledFuture_endsItsRequest() throws Exception {
        EventListener listener = new EventListener() {
            @Override
            public void canceled(Call call) {
                cancelled.incrementAndGet();
            }
        };
        GeminiClientFactory gemini = GeminiClientFactory.builder(wire.propagation)
                .httpClient(new OkHttpClient.Builder().eventListener(listener).build())
                .build();
        HttpOptions options = HttpOptions.builder().baseUrl(silent.url()).build();
        Client geminiApi = wire.client(gemini, sdk -> sdk.httpOptions(options));
        Client vertexAi = wire.closeLater(gemini.client(sdk -> sdk.vertexAI(true)
                .project("p")
                .location("l")
                .credentials(SdkArguments.credentials())
                .httpOptions(options)));
        SdkArguments arguments = new SdkArguments(folder);
        for (Client client : List.of(geminiApi, vertexAi)) {
            for (Map.Entry<String, SdkMethods.SdkMethod> entry :
                    SdkMethods.of(gemini.async(client)).entrySet()) {
                SdkMethods.SdkMethod method = entry.getValue();
                boolean generated =
                        method.method().getDeclaringClass().getPackageName().startsWith(GENERATED);
                if (!generated && !ENDS_NOTHING.matcher(entry.getKey()).matches()) {
                    cancel(entry.getKey(), method, arguments.of(method.method()));
                }
            }
        }
        assertThat(running).as("requests that go on").isEmpty();
        assertThat(tried).hasSizeGreaterThan(30);
    }

    private void cancel(String name, SdkMethods.SdkMethod method, Object[] arguments)
            throws ReflectiveOperationException {
        int requests = arrived.get();
        Object begun;
        try {
            begun = method.method().invoke(method.service(), arguments);
        } catch (InvocationTargetException e) {
            return; // not of this service
        }
        if (begun instanceof CompletableFuture<?> future) {
            await().until(() -> arrived.get() > requests || future.isDone());
            int before = cancelled.get();
            if (future.cancel(true)) {
                tried.add(name);
                if (cancelled.get() == before) {
                    running.add(name);
                }
            }
            end.countDown();
            end = new CountDownLatch(1);
        }
    }
}
