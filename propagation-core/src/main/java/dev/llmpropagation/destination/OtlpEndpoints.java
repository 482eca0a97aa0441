package dev.llmpropagation.destination;

import okhttp3.HttpUrl;

public final class OtlpEndpoints {
    private OtlpEndpoints() {}

    public static OtlpEndpoints fromEnvironment() {
        return new OtlpEndpoints();
    }

    public boolean matches(HttpUrl url) {
        return url.encodedPath().equals("/v1/traces");
    }
}
