package dev.llmpropagation.spring;

import dev.llmpropagation.destination.Origin;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/** Base URLs of properties. A placeholder that resolves to nothing leaves a blank one, which counts as none. */
final class BaseUrls {

    private BaseUrls() {}

    /** The URL, or null for none. */
    static @Nullable String checked(String property, @Nullable String url) {
        if (!StringUtils.hasText(url)) {
            return null;
        }
        InvalidPropertyException.checked(property, () -> Origin.parse(property, url));
        return url.strip();
    }

    /** Its origin alone, since anything else can hold a secret. */
    static String shown(@Nullable String url) {
        if (!StringUtils.hasText(url)) {
            return "none";
        }
        try {
            return Origin.parse("url", url).toString();
        } catch (IllegalArgumentException e) {
            return "***";
        }
    }
}
