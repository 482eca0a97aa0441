package dev.llmpropagation.doctor.check;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLPeerUnverifiedException;

/** Says what a failure means and what to do. Immutable. */
final class Explanation {

    private static final Set<Integer> PROXY_STATUSES = Set.of(403, 502, 503, 504);
    private static final String CLIENT_CERTIFICATE =
            "If it asks for a certificate of yours: --client-cert FILE --client-key FILE.";

    private final CheckPlan plan;
    private final FirstHop hop;

    Explanation(CheckPlan plan, FirstHop hop) {
        this.plan = plan;
        this.hop = hop;
    }

    StageResult ofStatus(int status) {
        StageResult result = ofServiceStatus(status);
        // Only plain http shows a proxy what it could answer itself.
        if (hop.proxied() && !plan.url().isHttps() && status == 401) {
            return result.withRemedy(result.remedy() + " If " + hop.shown() + " wants credentials, as its log says: "
                    + proxyCredentials());
        }
        return hop.proxied() && !plan.url().isHttps() && PROXY_STATUSES.contains(status)
                ? result.withRemedy("Look into the log of " + hop.shown() + ": it may have answered in the place of "
                        + plan.url().host() + ". If not: " + result.remedy())
                : result;
    }

    private StageResult ofServiceStatus(int status) {
        FailureClass kind = Failures.ofStatus(status);
        String said = "status " + status;
        String key = plan.key().source();
        return switch (kind) {
            case UNAUTHORIZED ->
                StageResult.failed(
                        kind,
                        // Failures reads Gemini's 400 for a wrong key as what it means.
                        (plan.provider().api() == Provider.Api.OPENAI ? said : "status 400 or 401")
                                + (plan.key().present()
                                        ? ": the key of " + key + " is not accepted"
                                        : ": there is no key"),
                        plan.key().present()
                                ? "Check that the key is one of " + plan.url().host() + "."
                                : "Set " + key + ", or name a file: --key-file FILE.");
            case FORBIDDEN ->
                StageResult.failed(
                        kind,
                        said + ": the key of " + key + " may not do this",
                        "Check what the key, its project and this network's address are allowed to do.");
            case NOT_FOUND ->
                StageResult.failed(
                        kind,
                        said + ": there is no " + (plan.model() == null ? "such path" : plan.model()) + " here",
                        "Check --model, and the path of --base-url.");
            case THROTTLED ->
                StageResult.failed(kind, said + ": too many requests, or no quota", "Wait, or ask for more quota.");
            case PROXY_AUTH ->
                StageResult.failed(kind, said + ": the proxy wants other credentials", proxyCredentials());
            case TIMEOUT -> StageResult.failed(kind, said + ": the service did not answer in time", "Try again later.");
            case SERVICE_ERROR -> StageResult.failed(kind, said + ": the service failed", "Try again later.");
            default -> StageResult.failed(kind, said + ": the request is refused", "Check --model and --base-url.");
        };
    }

    /** @param status 0 if nobody answered */
    StageResult of(Throwable failure, int status) {
        if (status > 0) {
            return ofStatus(status);
        }
        FailureClass kind = Failures.of(failure);
        return switch (kind) {
            case TLS -> tls(failure);
            case PROXY_AUTH -> StageResult.failed(kind, Failures.words(failure), proxyCredentials());
            case PROXY ->
                StageResult.failed(
                        kind,
                        Failures.words(failure),
                        "Ask for " + plan.url().host() + " to be allowed, or name another proxy: --proxy URL.");
            case TIMEOUT ->
                StageResult.failed(
                        kind,
                        Failures.words(failure),
                        "Give it more time: --timeout SECONDS. If that does not help, something on the way swallows"
                                + " the bytes.");
            case PROTOCOL ->
                StageResult.failed(
                        kind,
                        "what answers is not the API (" + Failures.words(failure) + ")",
                        "Check --base-url. A log-in page of the network answers like this too.");
            default ->
                StageResult.failed(
                        kind,
                        Failures.words(failure),
                        "Try again; then ask who runs "
                                + (hop.proxied() ? hop.shown() : plan.url().host()) + ".");
        };
    }

    /** @param status 0 if nobody answered */
    static StageResult ofMissingCertificate(Throwable failure, int status) {
        return StageResult.failed(
                FailureClass.TLS,
                (status > 0 ? "status " + status : Failures.words(failure))
                        + ": the service asks for a certificate of the client, and then refuses it, or that there is none",
                CLIENT_CERTIFICATE);
    }

    private static String proxyCredentials() {
        return "Name user and password: --proxy-user USER, and the password in DOCTOR_PROXY_PASSWORD or"
                + " --proxy-password-file FILE.";
    }

    private StageResult tls(Throwable failure) {
        List<X509Certificate> chain = Certificates.shownTo(plan);
        String words = Failures.words(failure);
        if (chain.isEmpty()) {
            return StageResult.failed(
                    FailureClass.TLS, words, "Check that this port speaks TLS, and what it asks for.");
        }
        String issuer = Certificates.issuer(chain);
        if (Certificates.hasExpired(chain.get(0))) {
            return StageResult.failed(
                    FailureClass.TLS,
                    "the certificate issued by " + issuer + " has expired",
                    "Tell who runs " + plan.url().host() + "; check this machine's clock.");
        }
        if (Failures.find(failure, SSLPeerUnverifiedException.class) != null) {
            return StageResult.failed(
                    FailureClass.TLS,
                    "the certificate issued by " + issuer + " is not one of "
                            + plan.url().host(),
                    "Use the host name that the certificate has.");
        }
        if (words.contains("PKIX") || words.contains("certification path") || words.contains("trust")) {
            return StageResult.failed(
                    FailureClass.TLS,
                    "nobody here knows who issued the certificate: " + issuer,
                    "If " + issuer + " is your company's, such as a proxy that inspects TLS: --ca FILE with its"
                            + " certificate, and in programs TlsSettings.systemTrust().trust(file). If not, do not"
                            + " go on.");
        }
        return StageResult.failed(
                FailureClass.TLS, words + " (certificate issued by " + issuer + ")", CLIENT_CERTIFICATE);
    }
}
