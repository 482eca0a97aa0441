package dev.llmpropagation.verification.doctor.check;

import dev.llmpropagation.openai.OpenAiCompatible;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A model service by the name that the command line knows. Immutable.
 *
 * @param baseUrl where it is; empty where that depends on the location
 * @param keyVariable environment variable of its key
 */
record Provider(String name, Api api, String baseUrl, String keyVariable) {

    enum Api {
        OPENAI,
        GEMINI,
        VERTEX
    }

    static final String DEFAULT = "openai";

    private static final List<Provider> ALL = Stream.concat(
                    Arrays.stream(OpenAiCompatible.values()).map(Provider::of),
                    Stream.of(
                            new Provider(
                                    "gemini",
                                    Api.GEMINI,
                                    "https://generativelanguage.googleapis.com",
                                    "GOOGLE_API_KEY"),
                            new Provider("vertex", Api.VERTEX, "", "GOOGLE_API_KEY")))
            .toList();

    private static Provider of(OpenAiCompatible service) {
        return new Provider(
                service.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                Api.OPENAI,
                service.baseUrl(),
                service.apiKeyVariable());
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
