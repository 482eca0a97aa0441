package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeNames;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.internal.span.SpanType;
import io.opentelemetry.api.common.AttributeKey;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which names the spans have. Attributes are the same either way, but for those that are in no namespace. Immutable.
 */
public final class SpanNames {

    private static final int MAX_LENGTH = 128;
    private static final SpanNames REFERENCE = new SpanNames(false);
    private static final SpanNames GEN_AI = new SpanNames(true);

    private final boolean genAi;

    private SpanNames(boolean genAi) {
        this.genAi = genAi;
    }

    /** {@code qwen-code.interaction}, {@code qwen-code.tool}, …: the default. */
    public static SpanNames reference() {
        return REFERENCE;
    }

    /**
     * Those of the GenAI conventions, as {@code invoke_agent my-agent}, {@code execute_tool search} and {@code chat
     * gpt-5}. Spans that the conventions do not know keep the name of {@link #reference()}. Attributes in no namespace, as
     * {@code success}, are in this library's: {@code llm_propagation.success}.
     */
    public static SpanNames genAi() {
        return GEN_AI;
    }

    /** @param target agent, tool or model */
    String of(SpanType type, @Nullable String operation, @Nullable String target) {
        String first = operation != null ? operation : type.operation;
        if (!genAi || first == null) {
            return type.referenceName;
        }
        return SpanText.line(target == null || target.isEmpty() ? first : first + ' ' + target, MAX_LENGTH);
    }

    /** How the text of a status begins, before the outcome. */
    String title(SpanType type) {
        return genAi ? type.name().toLowerCase(Locale.ROOT).replace('_', ' ') : type.referenceName;
    }

    <T> AttributeKey<T> key(Attribute attribute) {
        return genAi ? AttributeNames.namespaced(attribute.<T>key()) : attribute.key();
    }

    /** Takes attributes by the keys of the table, and passes them on by these names. */
    AttributeSink sink(AttributeSink to) {
        return !genAi
                ? to
                : new AttributeSink() {
                    @Override
                    public <T> void put(AttributeKey<T> key, T value) {
                        to.put(AttributeNames.namespaced(key), value);
                    }
                };
    }

    @Override
    public String toString() {
        return genAi ? "SpanNames.genAi()" : "SpanNames.reference()";
    }
}
