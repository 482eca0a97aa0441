package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.testing.trace.TestSpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The smallest export. */
final class OneSpan {

    private OneSpan() {}

    static void exportBy(SpanExporter exporter) {
        boolean sent = exporter.export(List.of(TestSpanData.builder()
                        .setName("span")
                        .setKind(SpanKind.INTERNAL)
                        .setStartEpochNanos(1)
                        .setEndEpochNanos(2)
                        .setHasEnded(true)
                        .setStatus(StatusData.unset())
                        .build()))
                .join(20, TimeUnit.SECONDS)
                .isSuccess();
        assertThat(sent).isTrue();
    }
}
