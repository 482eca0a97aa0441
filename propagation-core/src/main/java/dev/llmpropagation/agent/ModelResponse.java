package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeNames;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.SpanText;
import io.opentelemetry.api.common.AttributeKey;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the response to a model call says: shown on its span, and kept as far as metrics show it as well. Written before
 * the end, or by who ends it. Thread-safe.
 */
final class ModelResponse implements AttributeSink {

    private static final Map<AttributeKey<?>, Attribute> COUNTS = Arrays.stream(Attribute.values())
            .filter(attribute -> attribute.key().getKey().startsWith("gen_ai.usage."))
            .collect(Collectors.toMap(Attribute::key, Function.identity()));

    private final SpanLife<AgentSpan> life;
    private final Convention convention;
    private final boolean fetch;
    private final AtomicBoolean chunkSeen = new AtomicBoolean();
    private final Map<Attribute, Long> tokens = new ConcurrentHashMap<>();
    private volatile @Nullable Double timeToFirstChunk;
    private volatile @Nullable String model;

    /** @param fetch of an earlier response, whose tokens were used, and told, by the call that made it */
    ModelResponse(SpanLife<AgentSpan> life, Convention convention, boolean fetch) {
        this.life = life;
        this.convention = convention;
        this.fetch = fetch;
    }

    /** Only the first counts. */
    void firstChunk() {
        if (chunkSeen.compareAndSet(false, true)) {
            double seconds = (life.instrumentation().now() - life.startNanos()) / 1e9;
            timeToFirstChunk = seconds;
            life.put(Attribute.TIME_TO_FIRST_CHUNK.<Double>key(), seconds);
        }
    }

    /** @param reported null, or negative, for none */
    void count(Attribute attribute, @Nullable Long reported) {
        Long count = reported == null || reported < 0 ? null : reported;
        if (count == null) {
            tokens.remove(attribute);
        } else {
            tokens.put(attribute, count);
        }
        life.put(attribute.<Long>key(), count);
    }

    @Override
    public <T> void put(AttributeKey<T> key, @Nullable T read) {
        Attribute counted = COUNTS.get(key);
        if (read == null || !AttributeNames.isOf(convention, key.getKey())) {
            return;
        }
        if (counted != null && (fetch || (Long) read < 0)) {
            return;
        }
        T value = SpanText.shownValue(read, Attribute.MAX_LENGTH);
        life.put(key, value);
        if (counted != null) {
            tokens.put(counted, (Long) value);
        } else if (Attribute.RESPONSE_MODEL.is(key)) {
            model = (String) value;
        } else if (Attribute.TIME_TO_FIRST_CHUNK.is(key)) {
            timeToFirstChunk = (Double) value;
        }
    }

    /** The model that answers, if it is known. */
    @Nullable
    String model() {
        return model;
    }

    ModelMetrics.Response measured(long nanos) {
        return new ModelMetrics.Response(nanos / 1e9, model, timeToFirstChunk, tokens);
    }
}
