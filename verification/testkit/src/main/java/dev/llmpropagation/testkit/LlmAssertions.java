package dev.llmpropagation.testkit;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.Collection;

/** Where assertions begin. To be imported statically, also beside those of AssertJ. */
public final class LlmAssertions {

    private LlmAssertions() {}

    /** About what was on the wire: {@code assertThat(openai.lastRequest())}. */
    public static RequestAssert assertThat(LoggedRequest actual) {
        return new RequestAssert(actual);
    }

    /** About all spans that were recorded, those that have not ended included. */
    public static TraceAssert assertThatTrace(RecordedTelemetry actual) {
        return new TraceAssert(actual.traceSpans());
    }

    /** About these spans. */
    public static TraceAssert assertThatTrace(Collection<SpanData> actual) {
        return new TraceAssert(actual.stream().map(RecordedSpans::of).toList());
    }
}
