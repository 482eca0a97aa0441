package dev.llmpropagation.verification.doctor.daemon;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The trace in {@code _meta} of a message, by the reference's keys. By a propagator of its own, as the hop is internal. */
final class Meta {

    private static final String PREFIX = "qwen.telemetry.";
    private static final TextMapPropagator W3C = W3CTraceContextPropagator.getInstance();
    private static final TextMapGetter<ObjectNode> GETTER = new TextMapGetter<>() {
        @Override
        @SuppressWarnings("deprecation") // abstract in the oldest API that is supported
        public Iterable<String> keys(ObjectNode meta) {
            return List.of();
        }

        @Override
        public @Nullable String get(@Nullable ObjectNode meta, String key) {
            return meta != null && meta.path(PREFIX + key).isTextual()
                    ? meta.path(PREFIX + key).asText()
                    : null;
        }
    };

    private Meta() {}

    /** A copy in which the client's own keys are replaced by those of this Context. */
    static ObjectNode with(Context context, ObjectNode params) {
        ObjectNode copy = params.deepCopy();
        ObjectNode meta = copy.path("_meta") instanceof ObjectNode given ? given : JsonRpc.JSON.createObjectNode();
        W3C.fields().forEach(field -> meta.remove(List.of(PREFIX + field, field)));
        W3C.inject(context, meta, (carrier, key, value) -> {
            if (carrier != null) {
                carrier.put(PREFIX + key, value);
            }
        });
        if (meta.isEmpty()) {
            copy.remove("_meta");
        } else {
            copy.set("_meta", meta);
        }
        return copy;
    }

    /** From the root, so that nothing of the thread's own Context gets in. */
    static Context parent(ObjectNode params) {
        return params.path("_meta") instanceof ObjectNode meta
                ? W3C.extract(Context.root(), meta, GETTER)
                : Context.root();
    }
}
