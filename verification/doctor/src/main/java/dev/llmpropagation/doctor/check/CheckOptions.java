package dev.llmpropagation.doctor.check;

import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.doctor.show.Secrets;
import dev.llmpropagation.internal.span.CredentialPatterns;
import dev.llmpropagation.internal.url.UrlParser;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.network.TlsSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code check}, as they stand on the command line. */
final class CheckOptions {

    private static final String PROXY_PASSWORD = "DOCTOR_PROXY_PASSWORD";
    private static final String CLIENT_CERT_PASSWORD = "DOCTOR_CLIENT_CERT_PASSWORD";
    private static final String ACCESS_TOKEN = "GOOGLE_ACCESS_TOKEN";
    private static final String GLOBAL = "global";

    @Option(
            names = "--provider",
            paramLabel = "NAME",
            defaultValue = Provider.DEFAULT,
            completionCandidates = Names.class,
            description = "One of ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private String provider = Provider.DEFAULT;

    @Option(
            names = "--base-url",
            paramLabel = "URL",
            description = "Where the service is, with its path as programs have it. Default: the provider's.")
    private @Nullable String baseUrl;

    @Option(names = "--model", paramLabel = "NAME", description = "The model to look for, and to ask with --live.")
    private @Nullable String model;

    @Option(names = "--live", description = "Asks the model for a few words, as a stream: a paid call.")
    private boolean live;

    @Option(names = "--no-stream", description = "With --live: asks for the answer in one piece.")
    private boolean noStream;

    @Option(
            names = "--key-env",
            paramLabel = "NAME",
            description =
                    "Environment variable with the key. Default: the provider's own; for Google GOOGLE_API_KEY, else"
                            + " GEMINI_API_KEY.")
    private @Nullable String keyVariable;

    @Option(names = "--key-file", paramLabel = "FILE", description = "File with the key, instead.")
    private @Nullable Path keyFile;

    /** Known so that it can be refused without being repeated, as an unknown option would be. */
    @Option(
            names = {"--key", "--api-key", "--token", "--password", "--proxy-password"},
            hidden = true)
    private @Nullable String secret;

    @Option(
            names = "--project",
            paramLabel = "ID",
            description =
                    "Vertex AI: the project. The key is then an access token, by default in " + ACCESS_TOKEN + ".")
    private @Nullable String project;

    @Option(names = "--location", paramLabel = "NAME", description = "Vertex AI. Default: " + GLOBAL + ".")
    private @Nullable String location;

    @Option(
            names = "--proxy",
            paramLabel = "URL",
            description = "http://host:port, socks5://host:port, env (the environment's variables), none, or jvm (the"
                    + " default: what Java and both SDKs do by themselves).")
    private String proxy = "jvm";

    @Option(names = "--no-proxy", paramLabel = "HOSTS", description = "Reached directly: .corp.example,10.0.0.0/8.")
    private @Nullable String noProxy;

    @Option(
            names = "--proxy-loopback",
            description = "Goes through the proxy to this machine too, which is else reached directly.")
    private boolean proxyLoopback;

    @Option(
            names = "--proxy-user",
            paramLabel = "USER",
            description = "Its password is in " + PROXY_PASSWORD + " or --proxy-password-file.")
    private @Nullable String proxyUser;

    @Option(names = "--proxy-password-file", paramLabel = "FILE", description = "File with the proxy's password.")
    private @Nullable Path proxyPasswordFile;

    @Option(names = "--ca", paramLabel = "FILE", description = "PEM file of an authority to trust beside Java's.")
    private List<Path> authorities = new ArrayList<>();

    @Option(
            names = "--client-cert",
            paramLabel = "FILE",
            description = "Certificate for servers that ask for one: PEM, or PKCS12 (.p12, .pfx) with its password in "
                    + CLIENT_CERT_PASSWORD + ".")
    private @Nullable Path clientCertificate;

    @Option(names = "--client-key", paramLabel = "FILE", description = "Its private key, if it is PEM.")
    private @Nullable Path clientKey;

    @Option(names = "--connect-timeout", paramLabel = "SECONDS", description = "Default: 10.")
    private double connectTimeout = 10;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "How long the service may be silent. Default: 60.")
    private double timeout = 60;

    @Option(
            names = "--destinations",
            paramLabel = "WHO",
            description = "Who gets trace and session headers in the program: configured-origin (the default),"
                    + " first-party, all, none, or host patterns: gw.corp.example,*.example.com")
    private String destinations = "configured-origin";

    @Option(
            names = "--session-destinations",
            paramLabel = "WHO",
            description = "The session header alone. Default: the same.")
    private @Nullable String sessionDestinations;

    @Option(names = "--baggage-destinations", paramLabel = "WHO", description = "Default: none.")
    private String baggageDestinations = "none";

    @Option(names = "--request-id", description = "The program sends request ids.")
    private boolean requestId;

    /** @throws IllegalArgumentException with a message for the user, without a secret */
    CheckPlan plan(Function<String, @Nullable String> environment) {
        refuseKeys();
        Provider chosen = named("--provider", () -> Provider.named(provider));
        checkCombination(chosen, environment);
        CheckPlan.Vertex vertex = new CheckPlan.Vertex(project, location());
        String url = baseUrl != null ? baseUrl : baseUrl(chosen);
        HttpUrl parsed = UrlParser.parse(url);
        if (parsed == null) {
            throw new IllegalArgumentException("--base-url: this is no http or https URL");
        }
        if (!parsed.username().isEmpty()
                || !parsed.password().isEmpty()
                || parsed.query() != null
                || parsed.fragment() != null) {
            throw new IllegalArgumentException("--base-url: user, password and query do not belong here; a key comes"
                    + " from the environment or a file");
        }
        String variable = keyVariable != null
                ? keyVariable
                : chosen.api() == Provider.Api.VERTEX && project != null
                        ? ACCESS_TOKEN
                        : chosen.keyVariable(environment);
        Credential key =
                named(keyFile != null ? "--key-file" : variable, () -> Credential.read(keyFile, variable, environment)
                        .forHeader());
        Credential proxyPassword =
                named("--proxy-password-file", () -> Credential.read(proxyPasswordFile, PROXY_PASSWORD, environment));
        Credential certificatePassword = Credential.read(null, CLIENT_CERT_PASSWORD, environment);
        return new CheckPlan(
                chosen,
                url.endsWith("/") ? url.substring(0, url.length() - 1) : url,
                model,
                live,
                !noStream,
                key,
                vertex,
                named("--proxy", () -> proxy(proxyPassword)),
                unusedProxy(parsed, environment),
                tls(certificatePassword),
                seconds("--connect-timeout", connectTimeout),
                seconds("--timeout", timeout),
                policies(),
                new Secrets(Stream.of(key, proxyPassword, certificatePassword)
                        .map(Credential::value)
                        .flatMap(Stream::ofNullable)
                        .toList()));
    }

    /** Before any of these values is looked up, or repeated in a message. */
    private void refuseKeys() {
        Map<String, Stream<?>> values = new LinkedHashMap<>();
        values.put("--provider", Stream.of(provider));
        values.put("--model", Stream.ofNullable(model));
        values.put("--project", Stream.ofNullable(project));
        values.put("--location", Stream.ofNullable(location));
        values.put("--key-file", Stream.ofNullable(keyFile));
        values.put("--proxy", Stream.of(proxy));
        values.put("--no-proxy", Stream.ofNullable(noProxy));
        values.put("--proxy-user", Stream.ofNullable(proxyUser));
        values.put("--proxy-password-file", Stream.ofNullable(proxyPasswordFile));
        values.put("--ca", authorities.stream());
        values.put("--client-cert", Stream.ofNullable(clientCertificate));
        values.put("--client-key", Stream.ofNullable(clientKey));
        values.put("--destinations", Stream.of(destinations));
        values.put("--session-destinations", Stream.ofNullable(sessionDestinations));
        values.put("--baggage-destinations", Stream.of(baggageDestinations));
        values.forEach((option, given) -> refuse(
                given.anyMatch(value -> CredentialPatterns.areIn(value.toString())),
                option + ": what stands there looks like a key, which does not belong into an argument; use --key-env"
                        + " NAME or --key-file FILE"));
    }

    /** Names no value: who mistakes an option may have given it a secret. */
    private void checkCombination(Provider chosen, Function<String, @Nullable String> environment) {
        refuse(
                secret != null,
                "--key, --token, --password: a secret does not belong into an argument. --key-env NAME or --key-file FILE;"
                        + " for a proxy " + PROXY_PASSWORD + " or --proxy-password-file FILE");
        refuse(
                keyVariable != null && environment.apply(keyVariable) == null,
                "--key-env: the environment has no such variable; what belongs here is its name, and not the key");
        refuse(
                location != null && chosen.api() != Provider.Api.VERTEX,
                "--location: it is for --provider vertex alone");
        refuse(noStream && !live, "--no-stream: it goes with --live");
        refuse(live && model == null, "--live: it needs --model NAME");
        refuse(project != null && chosen.api() != Provider.Api.VERTEX, "--project: it is for --provider vertex alone");
        refuse(proxyPasswordFile != null && proxyUser == null, "--proxy-password-file: it needs --proxy-user USER");
        refuse(clientKey != null && clientCertificate == null, "--client-key: it needs --client-cert FILE");
    }

    private static void refuse(boolean wrong, String message) {
        if (wrong) {
            throw new IllegalArgumentException(message);
        }
    }

    private String baseUrl(Provider chosen) {
        if (chosen.api() != Provider.Api.VERTEX) {
            return chosen.baseUrl();
        }
        return "https://" + (location().equals(GLOBAL) ? "" : location() + '-') + "aiplatform.googleapis.com";
    }

    private String location() {
        return location == null ? GLOBAL : location;
    }

    private ProxySettings proxy(Credential password) {
        ProxySettings settings =
                switch (proxy) {
                    case "jvm" -> ProxySettings.system();
                    case "none" -> ProxySettings.none();
                    case "env" -> ProxySettings.fromEnvironment();
                    default -> {
                        if (proxy.contains("@")) {
                            throw new IllegalArgumentException("user and password do not belong into an argument; use"
                                    + " --proxy-user, and " + PROXY_PASSWORD + " or --proxy-password-file");
                        }
                        yield ProxySettings.parse(proxy);
                    }
                };
        if (proxyUser != null) {
            if (!password.present()) {
                throw new IllegalArgumentException("the password of --proxy-user is neither in " + PROXY_PASSWORD
                        + " nor in --proxy-password-file");
            }
            if (proxy.equals("jvm") || proxy.equals("none")) {
                throw new IllegalArgumentException("--proxy-user needs a URL here, or env");
            }
            settings = settings.credentials(proxyUser, password::value);
        }
        if (proxyLoopback) {
            settings = settings.includingLoopback();
        }
        return noProxy == null ? settings : settings.except(noProxy);
    }

    private String unusedProxy(HttpUrl url, Function<String, @Nullable String> environment) {
        if (!proxy.equals("jvm")) {
            return "";
        }
        String lower = url.scheme() + "_proxy";
        return Stream.of(lower, lower.toUpperCase(Locale.ROOT), "all_proxy", "ALL_PROXY")
                .filter(name -> {
                    String value = environment.apply(name);
                    return value != null && !value.isBlank();
                })
                .findFirst()
                .orElse("");
    }

    private TlsSettings tls(Credential password) {
        TlsSettings tls = TlsSettings.systemTrust();
        for (Path authority : authorities) {
            TlsSettings before = tls;
            tls = named("--ca", () -> before.trust(authority));
        }
        Path certificate = clientCertificate;
        if (certificate == null) {
            return tls;
        }
        TlsSettings authorized = tls;
        String name = certificate.toString();
        if (name.endsWith(".p12") || name.endsWith(".pfx")) {
            return named("--client-cert", () -> authorized.clientCertificate(certificate, password::value));
        }
        return named(
                "--client-cert",
                () -> authorized.clientCertificate(certificate, clientKey == null ? certificate : clientKey));
    }

    private HeaderAdvice.Policies policies() {
        DestinationPolicy trace = policy("--destinations", destinations);
        return new HeaderAdvice.Policies(
                trace,
                sessionDestinations == null ? trace : policy("--session-destinations", sessionDestinations),
                policy("--baggage-destinations", baggageDestinations),
                requestId);
    }

    private static DestinationPolicy policy(String option, String who) {
        return switch (who) {
            case "configured-origin" -> DestinationPolicy.configuredOrigin();
            case "first-party" -> DestinationPolicy.firstParty();
            case "all" -> DestinationPolicy.all();
            case "none" -> DestinationPolicy.none();
            default -> named(option, () -> DestinationPolicy.hosts(who.split(",")));
        };
    }

    private static Duration seconds(String option, double seconds) {
        if (!(seconds > 0 && seconds <= 86_400)) {
            throw new IllegalArgumentException(option + ": " + seconds + " is not between 0 and 86400 seconds");
        }
        return Duration.ofMillis(Math.max(1, Math.round(seconds * 1000)));
    }

    private static <T> T named(String option, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + ": " + e.getMessage(), e);
        }
    }

    static final class Names extends ArrayList<String> {
        Names() {
            super(Provider.names());
        }
    }
}
