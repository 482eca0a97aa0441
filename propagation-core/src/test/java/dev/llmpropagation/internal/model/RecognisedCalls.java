package dev.llmpropagation.internal.model;

import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;

/** Calls as the library knows them by their requests, which have JSON bodies. */
public final class RecognisedCalls {

    private RecognisedCalls() {}

    /** Null if it is no call to a model. */
    public static ModelOperation post(String url) {
        return call("POST", HttpUrl.get(url));
    }

    /** As {@link #post}, by this method. */
    static ModelOperation call(String method, HttpUrl url) {
        RequestBody json = RequestBody.create("{}", MediaType.get("application/json"));
        return ModelOperation.recognise(
                new Request.Builder().url(url).method(method, json).build());
    }
}
