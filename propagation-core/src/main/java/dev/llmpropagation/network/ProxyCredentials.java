package dev.llmpropagation.network;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** User name and where the password comes from. Not a record: those print what they hold. */
final class ProxyCredentials {

    private final String user;
    private final Supplier<@Nullable String> password;

    ProxyCredentials(String user, Supplier<@Nullable String> password) {
        this.user = user;
        this.password = password;
    }

    String user() {
        return user;
    }

    /**
     * Asked for each connection or request that needs it.
     *
     * @return null if there is none now
     */
    @Nullable
    String password(ProxyServer server) throws ProxyException {
        try {
            return password.get();
        } catch (RuntimeException e) {
            // Neither message nor cause: they are the program's and can hold the password.
            throw new ProxyException(
                    ProxyException.Reason.CREDENTIALS,
                    "The supplier of the password for the proxy " + server + " failed with "
                            + e.getClass().getName());
        }
    }

    /** The value of {@code Proxy-Authorization}, or null if there is no password now. */
    @Nullable
    String basic(ProxyServer server) throws ProxyException {
        String secret = password(server);
        return secret == null
                ? null
                : "Basic " + Base64.getEncoder().encodeToString((user + ':' + secret).getBytes(UTF_8));
    }

    @Override
    public String toString() {
        return "credentials";
    }
}
