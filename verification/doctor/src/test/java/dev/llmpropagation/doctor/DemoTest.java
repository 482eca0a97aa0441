package dev.llmpropagation.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.Slow;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Scope;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/**
 * The demo tells the same story each time, and fails when the story is false. After a change that is meant: {@code mvn
 * verify -Dgolden.renew}, and review the difference.
 */
class DemoTest {

    private static final Path GOLDEN = Path.of("src/test/resources/dev/llmpropagation/doctor/demo.golden.txt");
    private static final String PARENT = "each attempt stands in a model call, and that in the program's span";
    private static final String TRACEPARENT = "traceparent names the span of its own attempt";
    private static final String STRANGER = "the other host gets none of our headers and no credential";

    @Test
    void demo_tellsTheGoldenStory() throws Exception {
        Run run = run(builder -> {});

        String masked = Masks.masked(run.report);
        if (System.getProperty("golden.renew") != null) {
            Files.writeString(GOLDEN, masked);
        }
        assertThat(masked).isEqualTo(Files.readString(GOLDEN));
        assertThat(run.exitCode).isZero();
        assertThat(run.report).doesNotContain(Stage.KEY).doesNotContain("\u001b");
        assertThat(run.report.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
    }

    @ParameterizedTest
    @ValueSource(strings = {"traceparent", "X-Qwen-Code-Session-Id"})
    void missingHeader_failsTheDemo(String header) throws Exception {
        Run run = run(onTheWire(chain ->
                chain.proceed(chain.request().newBuilder().removeHeader(header).build())));

        assertThat(run.exitCode).isEqualTo(1);
        assertThat(run.failed())
                .contains(header.equals("traceparent") ? TRACEPARENT : "session header: session-a")
                .doesNotContain(PARENT, STRANGER);
    }

    @Test
    void wrongParent_failsTheDemo() throws Exception {
        Span stranger = Span.wrap(SpanContext.create(
                "0123456789abcdef0123456789abcdef",
                "0123456789abcdef",
                TraceFlags.getSampled(),
                TraceState.getDefault()));
        Run run = run(builder -> builder.addInterceptor(chain -> {
            try (Scope ignored = stranger.makeCurrent()) {
                return chain.proceed(chain.request());
            }
        }));

        assertThat(run.exitCode).isEqualTo(1);
        assertThat(run.failed()).contains(PARENT).doesNotContain(TRACEPARENT, STRANGER);
    }

    @Slow
    @ParameterizedTest
    @ValueSource(strings = {"traceparent", "X-Qwen-Code-Session-Id", "Authorization", "x-goog-api-key"})
    void headerAtTheRedirectTarget_failsTheDemo(String header) throws Exception {
        Run run = run(onTheWire(chain -> {
            Request request = chain.request();
            return chain.proceed(
                    request.url().host().equals("127.0.0.1")
                            ? request.newBuilder().header(header, "leaked").build()
                            : request);
        }));

        assertThat(run.exitCode).isEqualTo(1);
        assertThat(run.failed()).containsOnly(STRANGER);
    }

    /** Below all steps of the library, where nothing can mend it. */
    private static Consumer<OkHttpClient.Builder> onTheWire(Interceptor defect) {
        return builder -> builder.addNetworkInterceptor(defect);
    }

    private static Run run(Consumer<OkHttpClient.Builder> tamper) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8);
        int exitCode = new CommandLine(new Doctor(out, tamper)).execute("demo", "--no-color");
        return new Run(exitCode, bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n"));
    }

    private record Run(int exitCode, String report) {
        List<String> failed() {
            return report.lines()
                    .filter(line -> line.startsWith("      ✗ "))
                    .map(line -> line.substring(8))
                    .toList();
        }
    }
}
