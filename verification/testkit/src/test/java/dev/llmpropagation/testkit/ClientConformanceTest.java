package dev.llmpropagation.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.opentelemetry.api.OpenTelemetry;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The kit on a client that promises nothing. */
class ClientConformanceTest {

    @Test
    void bareClient_keepsNoPromiseButThoseOfDoingNothing() {
        Map<String, Status> results = run(Bare.class);

        assertThat(results).hasSize(Promise.values().length);
        assertThat(results.entrySet())
                .filteredOn(result -> result.getValue() == Status.SUCCESSFUL)
                .extracting(Map.Entry::getKey)
                .containsExactly(
                        "Baggage stays here, whatever the propagators are",
                        "Telemetry that fails does not change the call");
        assertThat(results.values()).doesNotContain(Status.ABORTED);
    }

    @Test
    void promise_canBeSwitchedOff() {
        assertThat(run(SwitchedOff.class).values())
                .hasSize(Promise.values().length)
                .containsOnly(Status.ABORTED);
    }

    /** By the name that is shown. */
    private static Map<String, Status> run(Class<?> test) {
        Map<String, Status> results = new TreeMap<>();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectClass(test))
                                .build(),
                        new TestExecutionListener() {
                            @Override
                            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                                if (test.isTest()) {
                                    results.put(test.getDisplayName(), result.getStatus());
                                }
                            }
                        });
        return results;
    }

    static class Bare extends ClientConformance {
        @Override
        protected ClientUnderTest client(OpenTelemetry openTelemetry, String baseUrl) {
            return ClientUnderTest.of(new OkHttpClient(), baseUrl, () -> {});
        }
    }

    static final class SwitchedOff extends Bare {
        @Override
        protected Set<Promise> without() {
            return EnumSet.allOf(Promise.class);
        }
    }
}
