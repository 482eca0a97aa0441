package dev.llmpropagation.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Tells a program that does not start which property to correct, in place of a stack trace. */
final class InvalidPropertyFailureAnalyzer extends AbstractFailureAnalyzer<InvalidPropertyException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, InvalidPropertyException cause) {
        return new FailureAnalysis(
                "The property '" + cause.property() + "' cannot be used: " + cause.reason(),
                "Set '" + cause.property() + "' to what can be used, or leave it out to have its default.",
                cause);
    }
}
