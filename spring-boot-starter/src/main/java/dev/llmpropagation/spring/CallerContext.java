package dev.llmpropagation.spring;

import io.opentelemetry.context.Context;
import java.util.function.UnaryOperator;

/** What Spring knows of the caller beyond its current Context. Runs for each call, on the caller's thread. */
interface CallerContext extends UnaryOperator<Context> {}
