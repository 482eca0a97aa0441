package dev.llmpropagation.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The kit on a client that promises nothing. */
class ClientConformanceTest {

    private static final String NO_CREDENTIAL = "No credential gets into telemetry";

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

    @Test
    void credentialInAnyPartOfTelemetry_isFound() {
        assertThat(run(Silent.class)).containsEntry(NO_CREDENTIAL, Status.SUCCESSFUL);
        assertThat(List.of(
                        InEvents.class,
                        InStatus.class,
                        InLinks.class,
                        WhenRefused.class,
                        InLogs.class,
                        InMetrics.class))
                .allSatisfy(leak -> assertThat(run(leak)).containsEntry(NO_CREDENTIAL, Status.FAILED));
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

    /** A span for each request, and what is written to it. */
    abstract static class OwnSpans extends ClientConformance {

        abstract void write(OpenTelemetry openTelemetry, Span span, String credential, int status);

        @Override
        protected Set<Promise> without() {
            return EnumSet.complementOf(EnumSet.of(Promise.NO_SECRETS));
        }

        @Override
        protected ClientUnderTest client(OpenTelemetry openTelemetry, String baseUrl) {
            OkHttpClient client = new OkHttpClient.Builder()
                    .addInterceptor(chain -> {
                        Span span = openTelemetry
                                .getTracer("test")
                                .spanBuilder("POST")
                                .setSpanKind(SpanKind.CLIENT)
                                .startSpan();
                        Response response = chain.proceed(chain.request());
                        write(
                                openTelemetry,
                                span,
                                String.valueOf(chain.request().header("X-Api-Key")),
                                response.code());
                        span.end();
                        return response;
                    })
                    .build();
            return ClientUnderTest.of(client, baseUrl, () -> {});
        }
    }

    static final class Silent extends OwnSpans {
        @Override
        void write(OpenTelemetry openTelemetry, Span span, String credential, int status) {
            span.setAttribute("http.response.status_code", status);
        }
    }

    static final class InEvents extends OwnSpans {
        @Override
        void write(OpenTelemetry openTelemetry, Span span, String credential, int status) {
            span.recordException(new IOException("of key " + credential));
        }
    }

    static final class InStatus extends OwnSpans {
        @Override
        void write(OpenTelemetry openTelemetry, Span span, String credential, int status) {
            span.setStatus(StatusCode.ERROR, "of key " + credential);
        }
    }

    static final class InLinks extends OwnSpans {
        @Override
        void write(OpenTelemetry openTelemetry, Span span, String credential, int status) {
            span.addLink(span.getSpanContext(), Attributes.of(AttributeKey.stringKey("key"), credential));
        }
    }

    static final class WhenRefused extends OwnSpans {
        @Override
        void write(OpenTelemetry openTelemetry, Span span, String credential, int status) {
            span.setAttribute("key", status == 401 ? credential : "none");
        }
    }

    static final class InLogs extends OwnSpans {
        @Override
        void write(OpenTelemetry openTelemetry, Span span, String credential, int status) {
            openTelemetry
                    .getLogsBridge()
                    .get("test")
                    .logRecordBuilder()
                    .setBody("of key " + credential)
                    .emit();
        }
    }

    static final class InMetrics extends OwnSpans {
        @Override
        void write(OpenTelemetry openTelemetry, Span span, String credential, int status) {
            openTelemetry
                    .getMeter("test")
                    .counterBuilder("calls")
                    .build()
                    .add(1, Attributes.of(AttributeKey.stringKey("key"), credential));
        }
    }
}
