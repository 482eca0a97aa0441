package dev.llmpropagation.spring;

import dev.llmpropagation.destination.DestinationPolicy;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/** Destinations as properties write them: the name of a policy in any of Spring's spellings, or patterns of hosts. */
final class Destinations {

    private Destinations() {}

    /** The policy, or null if nothing is said. */
    static @Nullable DestinationPolicy of(String property, List<String> values) {
        List<String> words =
                values.stream().filter(StringUtils::hasText).map(String::strip).toList();
        if (words.isEmpty()) {
            return null;
        }
        for (String word : words) {
            DestinationPolicy named = named(word);
            if (named != null) {
                if (words.size() > 1) {
                    throw new InvalidPropertyException(
                            property, "'" + word + "' is a policy of its own; leave out all other values", null);
                }
                return named;
            }
        }
        return InvalidPropertyException.checked(property, () -> DestinationPolicy.hosts(words.toArray(new String[0])));
    }

    private static @Nullable DestinationPolicy named(String word) {
        return switch (word.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "")) {
            case "configuredorigin" -> DestinationPolicy.configuredOrigin();
            case "firstparty" -> DestinationPolicy.firstParty();
            case "all" -> DestinationPolicy.all();
            case "none" -> DestinationPolicy.none();
            default -> null;
        };
    }
}
