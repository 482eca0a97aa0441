package dev.llmpropagation.http;

import okhttp3.HttpUrl;

final class RedactedUrl {
    private RedactedUrl() {}

    static String of(HttpUrl url) {
        return url.redact();
    }
}
