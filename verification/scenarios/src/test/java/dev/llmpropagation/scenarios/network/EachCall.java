package dev.llmpropagation.scenarios.network;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs with both SDKs in all modes. */
@ParameterizedTest
@MethodSource("dev.llmpropagation.scenarios.network.Passage#calls")
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface EachCall {}
