package dev.llmpropagation.internal.span;

import io.opentelemetry.semconv.SchemaUrls;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The sets of names of the GenAI conventions. One program writes one of them, never both. */
public enum Convention {
    /** What this library wrote first: the conventions as they were before they had a release of their own. */
    EARLIER(SchemaUrls.V1_41_1),
    /** Release 0.1 of the GenAI conventions. It has no schema of its own yet; what it refers to has this one. */
    V0_1(SchemaUrls.V1_45_0);

    private static final String PROPERTY = "otel.semconv-stability.opt-in";
    private static final String ENVIRONMENT = "OTEL_SEMCONV_STABILITY_OPT_IN";
    private static final String LATEST = "gen_ai_latest_experimental";

    public final String schemaUrl;

    Convention(String schemaUrl) {
        this.schemaUrl = schemaUrl;
    }

    /** What the system property {@value #PROPERTY} says, else the variable {@value #ENVIRONMENT}. */
    public static Convention fromEnvironment() {
        return of(System::getProperty, System::getenv);
    }

    static Convention of(UnaryOperator<@Nullable String> property, UnaryOperator<@Nullable String> environment) {
        String set = property.apply(PROPERTY);
        String chosen = set != null ? set : environment.apply(ENVIRONMENT);
        return chosen != null
                        && Arrays.stream(chosen.split(",", -1))
                                .anyMatch(word -> word.trim().equals(LATEST))
                ? V0_1
                : EARLIER;
    }
}
