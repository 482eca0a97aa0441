package dev.llmpropagation.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Tests of one class that run at the same time. */
class ParallelTestsTest {

    private static CountDownLatch refused;
    private static CyclicBarrier meeting;

    @Test
    void sharedServer_isKeptByTheTestThatUsesIt() {
        assertThat(failures(SharedServer.class))
                .singleElement()
                .asString()
                .contains("Another test uses this LlmServer at the same time", "not static");
    }

    @Test
    void sharedTelemetry_isKeptByTheTestThatUsesIt() {
        assertThat(failures(SharedTelemetry.class))
                .singleElement()
                .asString()
                .contains("Another test uses this RecordedTelemetry at the same time", "not static");
    }

    @Test
    void testsWithTheirOwn_runAtTheSameTime() {
        assertThat(failures(OwnOnes.class)).isEmpty();
    }

    private static String asked(LlmServer server) throws IOException, InterruptedException {
        HttpRequest question = HttpRequest.newBuilder(URI.create(server.baseUrl() + "/chat/completions"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"m\",\"messages\":[]}"))
                .build();
        return HttpClient.newHttpClient()
                .send(question, HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static List<Throwable> failures(Class<?> tests) {
        refused = new CountDownLatch(1);
        meeting = new CyclicBarrier(2);
        List<Throwable> failures = new ArrayList<>();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectClass(tests))
                                .configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                                .configurationParameter("junit.jupiter.execution.parallel.config.strategy", "fixed")
                                .configurationParameter(
                                        "junit.jupiter.execution.parallel.config.fixed.parallelism", "4")
                                .build(),
                        new TestExecutionListener() {
                            @Override
                            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                                result.getThrowable().ifPresent(failure -> {
                                    synchronized (failures) {
                                        failures.add(failure);
                                    }
                                    refused.countDown();
                                });
                            }
                        });
        return failures;
    }

    @Execution(ExecutionMode.CONCURRENT)
    static class SharedServer {
        @RegisterExtension
        static final LlmServer openai = LlmServer.openAi();

        @Test
        void one() throws Exception {
            keepsItsAnswers();
        }

        @Test
        void another() throws Exception {
            keepsItsAnswers();
        }

        private static void keepsItsAnswers() throws Exception {
            openai.willAnswer("mine");
            assertThat(refused.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(asked(openai)).contains("mine");
        }
    }

    @Execution(ExecutionMode.CONCURRENT)
    static class SharedTelemetry {
        @RegisterExtension
        static final RecordedTelemetry telemetry = RecordedTelemetry.create();

        @Test
        void one() throws InterruptedException {
            keepsItsSpans();
        }

        @Test
        void another() throws InterruptedException {
            keepsItsSpans();
        }

        private static void keepsItsSpans() throws InterruptedException {
            telemetry.startSpan("mine").end();
            assertThat(refused.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(telemetry.spans()).hasSize(1);
        }
    }

    @Execution(ExecutionMode.CONCURRENT)
    static class OwnOnes {
        @RegisterExtension
        final LlmServer openai = LlmServer.openAi();

        @RegisterExtension
        final RecordedTelemetry telemetry = RecordedTelemetry.create();

        @Test
        void one() throws Exception {
            meets();
        }

        @Test
        void another() throws Exception {
            meets();
        }

        private void meets() throws Exception {
            telemetry.startSpan("mine").end();
            meeting.await(20, TimeUnit.SECONDS);
            assertThat(telemetry.spans()).hasSize(1);
            assertThat(openai.requests()).isEmpty();
        }
    }
}
