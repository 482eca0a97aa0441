package dev.llmpropagation.destination;

import okhttp3.HttpUrl;

public final class Origin {
    private final String scheme;
    private final String host;
    private final int port;

    private Origin(HttpUrl u) {
        scheme = u.scheme();
        host = u.host();
        port = u.port();
    }

    public static Origin of(HttpUrl url) {
        return new Origin(url);
    }

    public static Origin parse(String setting, String baseUrl) {
        HttpUrl u = HttpUrl.parse(baseUrl);
        if (u == null) {
            throw new IllegalArgumentException(setting);
        }
        return new Origin(u);
    }

    public boolean contains(HttpUrl url) {
        return url.scheme().equals(scheme) && url.host().equals(host) && url.port() == port;
    }
}
