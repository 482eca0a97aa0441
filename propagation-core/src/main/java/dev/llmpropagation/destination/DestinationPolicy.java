package dev.llmpropagation.destination;

import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

public final class DestinationPolicy {
    private final int kind;

    private DestinationPolicy(int kind) {
        this.kind = kind;
    }

    public static DestinationPolicy configuredOrigin() {
        return new DestinationPolicy(0);
    }

    public static DestinationPolicy none() {
        return new DestinationPolicy(1);
    }

    public static DestinationPolicy all() {
        return new DestinationPolicy(2);
    }

    public boolean allows(HttpUrl url, @Nullable Origin configured) {
        return kind == 2 || (kind == 0 && configured != null && configured.contains(url));
    }

    public String explain(HttpUrl url, @Nullable Origin configured) {
        return Boolean.toString(allows(url, configured));
    }
}
