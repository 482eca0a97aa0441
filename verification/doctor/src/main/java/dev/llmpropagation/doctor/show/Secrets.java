package dev.llmpropagation.doctor.show;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What no report may show. Immutable. */
public final class Secrets {

    private static final Set<String> CREDENTIAL_HEADERS =
            Set.of("authorization", "proxy-authorization", "api-key", "x-api-key", "x-goog-api-key", "cookie");
    private static final int SHORTEST = 4;

    private final List<String> values;

    /** @param values shorter ones than four characters are left alone: a report would lose words by them */
    public Secrets(Collection<String> values) {
        this.values = values.stream()
                .filter(value -> value.length() >= SHORTEST)
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
    }

    /** The text without these values and without control characters. */
    public String mask(String text) {
        String masked = text;
        for (String value : values) {
            masked = masked.replace(value, "***");
        }
        return printable(masked);
    }

    /** @param header in any case */
    public static boolean isCredential(String header) {
        return CREDENTIAL_HEADERS.contains(header.toLowerCase(Locale.ROOT));
    }

    /** Of a credential its scheme, and nothing else. */
    public static String masked(String credential) {
        return credential.startsWith("Bearer ") ? "Bearer ***" : "***";
    }

    /** What others wrote could move the cursor of a terminal. */
    public static String printable(String text) {
        StringBuilder printable = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? ' ' : c)
                .forEach(printable::appendCodePoint);
        return printable.toString();
    }
}
