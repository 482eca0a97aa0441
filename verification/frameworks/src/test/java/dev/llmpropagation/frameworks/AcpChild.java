package dev.llmpropagation.frameworks;

import com.agentclientprotocol.sdk.agent.AcpAgent;
import com.agentclientprotocol.sdk.agent.transport.StdioAcpAgentTransport;
import com.agentclientprotocol.sdk.spec.AcpSchema.InitializeResponse;
import com.agentclientprotocol.sdk.spec.AcpSchema.NewSessionResponse;
import com.agentclientprotocol.sdk.spec.AcpSchema.PromptResponse;
import com.agentclientprotocol.sdk.spec.AcpSchema.StopReason;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.sdk.trace.ReadableSpan;
import java.util.Map;

/** An agent in a process of its own, which says where the span of its prompt stands. */
final class AcpChild {

    /** A prompt whose tool needs the user's permission. */
    static final String ASK = "ask";

    private AcpChild() {}

    public static void main(String[] arguments) {
        LlmPropagation propagation = LlmPropagation.builder(
                        RecordedTelemetry.create().openTelemetry())
                .build();
        AcpAgent.sync(new StdioAcpAgentTransport())
                .initializeHandler(request -> InitializeResponse.ok())
                .newSessionHandler(request -> new NewSessionResponse("session-1", null, null))
                .promptHandler(AcpSamples.handler(propagation.agent(), (request, context, turn) -> {
                    if (request.text().equals(ASK)) {
                        AcpSamples.permission(turn, context);
                    }
                    ReadableSpan span = (ReadableSpan) Span.fromContext(turn.context());
                    return new PromptResponse(
                            StopReason.END_TURN,
                            Map.of(
                                    "place",
                                    span.getSpanContext().getTraceId()
                                            + ' '
                                            + span.getParentSpanContext().getSpanId(),
                                    "prompt",
                                    String.valueOf(turn.promptId()),
                                    "session",
                                    turn.session()));
                }))
                .build()
                .run();
    }
}
