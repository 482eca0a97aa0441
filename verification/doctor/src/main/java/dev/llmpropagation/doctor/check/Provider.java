package dev.llmpropagation.doctor.check;

import dev.llmpropagation.openai.OpenAiCompatible;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model service by the name that the command line knows. Immutable.
 *
 * @param baseUrl where it is; empty where that depends on the location
 * @param keyVariables environment variables of its key, in the order in which its SDK reads them
 */
record Provider(String name, Api api, String baseUrl, List<String> keyVariables) {

    enum Api {
        OPENAI,
        GEMINI,
        VERTEX
    }

    static final String DEFAULT = "openai";

    private static final List<String> GOOGLE_KEYS = List.of("GOOGLE_API_KEY", "GEMINI_API_KEY");

    private static final List<Provider> ALL = Stream.concat(
                    Arrays.stream(OpenAiCompatible.values()).map(Provider::of),
                    Stream.of(
                            new Provider(
                                    "gemini", Api.GEMINI, "https://generativelanguage.googleapis.com", GOOGLE_KEYS),
                            new Provider("vertex", Api.VERTEX, "", GOOGLE_KEYS)))
            .toList();

    private static Provider of(OpenAiCompatible service) {
        return new Provider(
                service.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                Api.OPENAI,
                service.baseUrl(),
                List.of(service.apiKeyVariable()));
    }

    /** The first that holds a key; the first of all if none does. */
    String keyVariable(Function<String, @Nullable String> environment) {
        return keyVariables.stream()
                .filter(variable -> {
                    String value = environment.apply(variable);
                    return value != null && !value.isBlank();
                })
                .findFirst()
                .orElse(keyVariables.get(0));
    }

    /** @throws IllegalArgumentException that lists all names */
    static Provider named(String name) {
        return ALL.stream()
                .filter(provider -> provider.name.equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("'" + name + "' is none of " + String.join(", ", names())));
    }

    static List<String> names() {
        return ALL.stream().map(Provider::name).toList();
    }
}
