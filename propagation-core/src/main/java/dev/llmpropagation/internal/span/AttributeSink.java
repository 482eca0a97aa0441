package dev.llmpropagation.internal.span;

import io.opentelemetry.api.common.AttributeKey;

/** Takes attributes one by one, as a span or its builder does, so that no collection has to be made of them first. */
@FunctionalInterface
public interface AttributeSink {

    /** @param value of the key's type */
    <T> void put(AttributeKey<T> key, T value);
}
