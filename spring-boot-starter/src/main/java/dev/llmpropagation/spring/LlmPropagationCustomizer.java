package dev.llmpropagation.spring;

import dev.llmpropagation.LlmPropagationBuilder;

/**
 * A bean of this type sets what has no property, such as a supplier of sessions or where diagnostics go. It is called once,
 * after the properties; where there are several, in their order, and the last one wins.
 */
@FunctionalInterface
public interface LlmPropagationCustomizer {

    void customize(LlmPropagationBuilder builder);
}
