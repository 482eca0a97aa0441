package dev.llmpropagation.testkit;

import com.github.tomakehurst.wiremock.common.Json;
import com.github.tomakehurst.wiremock.http.Request;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks for. Immutable.
 *
 * @param path without the query
 * @param body top-level fields of its JSON; empty if it has none
 */
record Asked(String path, Map<String, Object> body) {

    @SuppressWarnings("unchecked")
    static Asked of(Request request) {
        String url = request.getUrl();
        int query = url.indexOf('?');
        Map<String, Object> body;
        try {
            body = Json.read(request.getBodyAsString(), Map.class);
        } catch (RuntimeException e) { // not JSON, so nothing in it that would shape the answer
            body = Map.of();
        }
        return new Asked(query < 0 ? url : url.substring(0, query), body == null ? Map.of() : body);
    }

    boolean streams() {
        return Boolean.TRUE.equals(body.get("stream"));
    }

    boolean wantsUsageInStream() {
        return body.get("stream_options") instanceof Map<?, ?> options
                && Boolean.TRUE.equals(options.get("include_usage"));
    }

    String text(String field, String otherwise) {
        return body.get(field) instanceof String text ? text : otherwise;
    }

    @Nullable
    Number number(String field) {
        return body.get(field) instanceof Number number ? number : null;
    }

    /** Length of a list, and 1 for anything else. */
    int count(String field) {
        return body.get(field) instanceof List<?> list ? list.size() : 1;
    }
}
