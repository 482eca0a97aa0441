package dev.llmpropagation.doctor.check;

import dev.llmpropagation.doctor.show.Secrets;
import dev.llmpropagation.network.ConnectionSettings;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.network.TlsSettings;
import java.time.Duration;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * What is checked, and by which way. Immutable.
 *
 * @param model null if none was named
 * @param live whether a paid call may be made
 * @param stream whether it is a stream
 * @param unusedProxy a variable that names a proxy which Java does not read; empty if there is none
 */
record CheckPlan(
        Provider provider,
        String baseUrl,
        @Nullable String model,
        boolean live,
        boolean stream,
        Credential key,
        Vertex vertex,
        ProxySettings proxy,
        String unusedProxy,
        TlsSettings tls,
        Duration connectTimeout,
        Duration timeout,
        HeaderAdvice.Policies policies,
        Secrets secrets) {

    HttpUrl url() {
        return HttpUrl.get(baseUrl);
    }

    ConnectionSettings connections() {
        return ConnectionSettings.unchanged()
                .connectTimeout(connectTimeout)
                .readTimeout(timeout)
                .writeTimeout(timeout)
                .callTimeout(Duration.ZERO);
    }

    /**
     * Where a model of Vertex AI lives.
     *
     * @param project null for the express mode, whose credential is an API key
     */
    record Vertex(@Nullable String project, String location) {}
}
