package dev.llmpropagation.agent;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Labels of the metrics of one kind of model call. Made once for all calls of the kind: to build them anew is the larger
 * part of what a metric costs, and an SDK finds a series faster by the same object. Thread-safe.
 */
final class CallLabels {

    private final Attributes labels;
    private final AttributeKey<String> tokens;
    private final Map<String, Attributes> ofTokens = new ConcurrentHashMap<>();

    /** @param tokens the further label that tells tokens apart */
    CallLabels(Attributes labels, AttributeKey<String> tokens) {
        this.labels = labels;
        this.tokens = tokens;
    }

    Attributes ofCall() {
        return labels;
    }

    /** @param kind value of the further label, one of few */
    Attributes ofTokens(String kind) {
        Attributes known = ofTokens.get(kind);
        return known != null
                ? known
                : ofTokens.computeIfAbsent(
                        kind, value -> labels.toBuilder().put(tokens, value).build());
    }

    boolean has(AttributeKey<?> label) {
        return labels.get(label) != null;
    }

    <T> CallLabels with(AttributeKey<T> label, T value) {
        return new CallLabels(labels.toBuilder().put(label, value).build(), tokens);
    }

    CallLabels without(AttributeKey<?> label) {
        return new CallLabels(labels.toBuilder().remove(label).build(), tokens);
    }
}
