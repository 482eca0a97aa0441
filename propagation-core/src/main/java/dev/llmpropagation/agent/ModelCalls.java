package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.ContentGate;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.ModelCallSpan;
import dev.llmpropagation.internal.span.ModelCallTracer;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** The model calls of our own clients: each is an {@link LlmRequest} that the program does not see. */
record ModelCalls(AgentTelemetry telemetry) implements ModelCallTracer {

    @Override
    public boolean isAround(Context context) {
        return AgentSpan.fromContext(context) instanceof LlmRequest request && !request.isEnded();
    }

    @Override
    public boolean isToldByOthers(Context context) {
        return ToldModelCall.isIn(context);
    }

    @Override
    public Convention convention() {
        return telemetry.convention();
    }

    /** Release 0.1 of the convention has a name for Moonshot; before it there was none. */
    private String provider(String name) {
        return convention() == Convention.V0_1 && name.equals("moonshot") ? "moonshot_ai" : name;
    }

    @Override
    public @Nullable ContentGate content() {
        ContentGate gate = telemetry.content().gate();
        return gate.isOpen() ? gate : null;
    }

    @Override
    public ModelCallSpan start(Start call, Context caller) {
        LlmRequest.Builder builder = new LlmRequest.Builder(
                        telemetry, null, call.operation(), provider(call.provider()))
                .server(call.host(), call.port())
                .atStart(call.request())
                .atEnd(call.response())
                .content(call.content());
        if (call.model() != null) {
            builder.model(call.model());
        }
        if (call.stream()) {
            builder.stream();
        }
        return builder.start(caller).call;
    }
}
