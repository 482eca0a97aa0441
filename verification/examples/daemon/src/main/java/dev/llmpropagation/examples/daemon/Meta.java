package dev.llmpropagation.examples.daemon;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.llmpropagation.carrier.EnvelopeCarrier;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The trace in {@code _meta} of a message. */
final class Meta {

    private static final EnvelopeCarrier CARRIER = EnvelopeCarrier.reference();
    private static final TextMapGetter<ObjectNode> GETTER = new TextMapGetter<>() {
        @Override
        @SuppressWarnings("deprecation") // abstract in the oldest API that is supported
        public Iterable<String> keys(ObjectNode meta) {
            return List.of();
        }

        @Override
        public @Nullable String get(@Nullable ObjectNode meta, String key) {
            return meta != null && meta.path(key).isTextual() ? meta.path(key).asText() : null;
        }
    };

    private Meta() {}

    /** A copy in which the client's own keys are replaced by those of this Context. */
    static ObjectNode with(Context context, ObjectNode params) {
        ObjectNode copy = params.deepCopy();
        ObjectNode meta = copy.path(EnvelopeCarrier.META) instanceof ObjectNode given
                ? given
                : copy.putObject(EnvelopeCarrier.META);
        CARRIER.inject(context, meta, ObjectNode::remove, ObjectNode::put);
        return copy;
    }

    static Context parent(ObjectNode params) {
        return CARRIER.extract(params.path(EnvelopeCarrier.META) instanceof ObjectNode meta ? meta : null, GETTER);
    }
}
