package dev.llmpropagation.internal.sdk;

import dev.llmpropagation.internal.span.Attribute;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.sdk.trace.ReadableSpan;
import java.util.Set;

/**
 * Tells whether a span is that of a model call, whoever made it: the API has no way to ask, and instrumentations of
 * model SDKs leave no mark in the Context. Thread-safe.
 */
public final class ModelCallSpans {

    private static final AttributeKey<String> OPERATION_NAME = Attribute.OPERATION_NAME.key();

    // An agent or a tool is around model calls, and is none.
    private static final Set<String> OPERATIONS = Set.of("chat", "generate_content", "text_completion", "embeddings");

    private ModelCallSpans() {}

    /** Whether this span, if it can be read, says that it is a call to a model. */
    public static boolean contain(Span span) {
        if (span instanceof ReadableSpan readable) {
            String operation = readable.getAttribute(OPERATION_NAME);
            return operation != null && OPERATIONS.contains(operation);
        }
        return false;
    }
}
