package dev.llmpropagation.openai;

import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.client.okhttp.OpenAIOkHttpClientAsync;
import com.openai.core.ClientOptions;
import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;

/** What the SDK knows and has no getter for. A field that is gone reads as {@link #UNKNOWN}. */
final class SdkInternals {

    static final Object UNKNOWN = new Object();

    private static final @Nullable Field HTTP_CLIENT = field(ClientOptions.class, "originalHttpClient");
    private static final @Nullable Field AUTHENTICATOR = field(ClientOptions.class, "httpRequestAuthenticator");
    private static final @Nullable Field OK_HTTP = field(OpenAIOkHttpClient.Builder.class, "okHttpClient");
    private static final @Nullable Field OK_HTTP_ASYNC = field(OpenAIOkHttpClientAsync.Builder.class, "okHttpClient");

    private SdkInternals() {}

    /** The HTTP client as it was set, by identity. */
    static @Nullable Object httpClient(ClientOptions options) {
        return read(HTTP_CLIENT, options);
    }

    /** Whether requests are signed as a whole, so that a header removed later would break the signature. */
    static boolean signsRequests(ClientOptions options) {
        Object authenticator = read(AUTHENTICATOR, options);
        return authenticator != null && authenticator != UNKNOWN;
    }

    /** Whether the program has set an OkHttpClient on this builder of the SDK. */
    static boolean hasOkHttpClient(Object builder) {
        Object client = read(builder instanceof OpenAIOkHttpClient.Builder ? OK_HTTP : OK_HTTP_ASYNC, builder);
        return client != null && client != UNKNOWN;
    }

    private static @Nullable Object read(@Nullable Field field, Object owner) {
        if (field == null) {
            return UNKNOWN;
        }
        try {
            return field.get(owner);
        } catch (IllegalAccessException e) {
            return UNKNOWN;
        }
    }

    private static @Nullable Field field(Class<?> owner, String name) {
        try {
            Field field = owner.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (ReflectiveOperationException | RuntimeException e) {
            return null;
        }
    }
}
