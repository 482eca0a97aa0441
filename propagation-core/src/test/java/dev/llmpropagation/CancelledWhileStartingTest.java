package dev.llmpropagation;

import static dev.llmpropagation.fixtures.Attributed.outcome;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import dev.llmpropagation.internal.http.LogicalCall;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Outcome;
import io.opentelemetry.context.Context;
import java.io.IOException;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A call without a facade that the program cancels while the span of its model call starts. */
class CancelledWhileStartingTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @Test
    void modelCall_endsAsCancelledAndNothingIsSent() {
        LogicalCall call = LogicalCall.ofOneRequest(Context.root());
        LlmPropagation propagation = LlmPropagation.builder(ToldTelemetry.of(wire.openTelemetry, (called, with) -> {
                    if (called.equals("SpanBuilder.startSpan")) {
                        call.cancel(Ending.of(Outcome.CANCELLED));
                    }
                }))
                .diagnostics(wire.diagnostics::add)
                .build();
        OkHttpClient client = ClientInstrumenter.OF_PROPAGATION
                .behind(propagation)
                .instrument(new OkHttpClient.Builder(), ClientProfile.of(null).withModelCalls(url -> null))
                .build();
        Request request = new Request.Builder()
                .url(wire.url("/v1/chat/completions"))
                .tag(LogicalCall.class, call)
                .post(RequestBody.create("{\"model\":\"m-1\"}", MediaType.get("application/json")))
                .build();

        assertThatThrownBy(() -> client.newCall(request).execute()).isInstanceOf(IOException.class);

        assertThat(wire.requests()).isEmpty();
        assertThat(wire.spans()).singleElement().satisfies(span -> assertThat(outcome(span))
                .isEqualTo("cancelled"));
    }
}
