package dev.llmpropagation.doctor.check;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.doctor.show.Progress;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import okhttp3.Handshake;
import org.jspecify.annotations.Nullable;

/** Goes through the stages until one fails. For one use. */
final class CheckRun {

    private static final String SESSION = "doctor-check";
    private static final String NEEDS_LIVE = "not asked without --live, which makes a paid call";

    private final CheckPlan plan;
    private final Progress progress;
    private final ConnectionWatch watch = new ConnectionWatch();
    private final Map<CheckStage, StageResult> stages = new EnumMap<>(CheckStage.class);
    private final FirstHop hop;
    private final boolean https;

    CheckRun(CheckPlan plan, Progress progress) {
        this.plan = plan;
        this.progress = progress;
        this.hop = FirstHop.of(plan);
        this.https = plan.url().isHttps();
    }

    CheckReport run() {
        try {
            if (reach()) {
                ask();
            }
        } finally {
            progress.done();
        }
        return new CheckReport(plan, stages, HeaderAdvice.of(plan.policies(), plan.url(), watch.sentHeaders()));
    }

    private boolean reach() {
        progress.waitingFor("the address of " + hop.shown());
        long start = System.nanoTime();
        List<InetAddress> addresses;
        try {
            addresses = hop.addresses();
        } catch (UnknownHostException e) {
            stages.put(
                    CheckStage.DNS,
                    StageResult.failed(
                            FailureClass.DNS,
                            "no address is known for " + hop.shown(),
                            hop.proxied()
                                    ? "Check the proxy's name."
                                    : "Check the host name. If only a proxy leads out of this network: --proxy URL."));
            return false;
        }
        stages.put(
                CheckStage.DNS,
                StageResult.passed(
                        hop.shown() + " is " + FirstHop.names(addresses)
                                + (hop.proxied()
                                        ? "; the proxy resolves " + plan.url().host()
                                        : ""),
                        (System.nanoTime() - start) / 1_000_000));
        progress.waitingFor("a connection to " + hop.shown());
        StageResult connect = hop.connect(addresses, plan.connectTimeout());
        stages.put(CheckStage.CONNECT, connect);
        return connect.failure() == null;
    }

    private void ask() {
        SdkTracerProvider tracers =
                SdkTracerProvider.builder().addSpanProcessor(new Unexported()).build();
        OpenTelemetrySdk openTelemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(tracers)
                .setPropagators(ContextPropagators.create(TextMapPropagator.composite(
                        W3CTraceContextPropagator.getInstance(), W3CBaggagePropagator.getInstance())))
                .build();
        try (openTelemetry;
                LlmPropagation propagation = Clients.propagation(plan, openTelemetry);
                ModelService service = Clients.service(plan, propagation, watch);
                Scope ignored = everyHeader().makeCurrent();
                Scope session = LlmSession.of(SESSION).makeCurrent()) {
            if (askForModels(service) && plan.live()) {
                new LiveCall(plan, stages, watch, progress).make(service);
            }
        }
    }

    /** A context in which every header has something to say, so that what goes out shows the policy and nothing else. */
    private static Context everyHeader() {
        SpanContext parent = SpanContext.create(
                IdGenerator.random().generateTraceId(),
                IdGenerator.random().generateSpanId(),
                TraceFlags.getSampled(),
                TraceState.builder().put("doctor", "check").build());
        return Context.root()
                .with(Span.wrap(parent))
                .with(Baggage.builder().put("doctor", "check").build());
    }

    /** Returns whether the model can be asked now. */
    private boolean askForModels(ModelService service) {
        progress.waitingFor("the service to accept the key");
        Boolean knows = null;
        Throwable failure = null;
        long start = System.nanoTime();
        try {
            knows = service.knows(plan.model());
        } catch (RuntimeException e) {
            failure = e;
        }
        int status = failure == null ? 200 : Failures.status(failure);
        CheckStage reached = failure == null || status > 0 ? CheckStage.AUTHENTICATION : furthest(failure);
        if (status == 407) {
            reached = CheckStage.PROXY;
        }
        boolean certificate = wantsCertificate(failure);
        if (certificate) {
            reached = CheckStage.TLS;
        }
        passNetwork(reached);
        if (failure == null) {
            long millis = (System.nanoTime() - start) / 1_000_000;
            stages.put(CheckStage.AUTHENTICATION, StageResult.passed(accepted(), millis));
            stages.put(CheckStage.MODEL, listed(knows));
        } else if (status > 0 && reached == CheckStage.AUTHENTICATION) {
            refused(status);
        } else if (certificate) {
            stages.put(reached, Explanation.ofMissingCertificate(failure, status));
        } else {
            stages.put(reached, new Explanation(plan, hop).of(failure, status));
        }
        if (!plan.live()) {
            stages.putIfAbsent(CheckStage.FIRST_BYTE, StageResult.skipped(NEEDS_LIVE));
            stages.putIfAbsent(CheckStage.END_OF_STREAM, StageResult.skipped(NEEDS_LIVE));
        }
        return stages.values().stream().noneMatch(stage -> stage.failure() != null);
    }

    private boolean wantsCertificate(@Nullable Throwable failure) {
        return failure != null
                && https
                && (watch.wantsCertificate()
                        || (watch.handshake() != null
                                && !watch.answered()
                                && Failures.of(failure) == FailureClass.TRANSPORT
                                && Certificates.askedOfClient(plan)));
    }

    private CheckStage furthest(Throwable failure) {
        FailureClass kind = Failures.of(failure);
        if (kind == FailureClass.PROXY_AUTH || kind == FailureClass.PROXY) {
            return CheckStage.PROXY;
        }
        if (!watch.connected() && !watch.tlsStarted()) {
            return hop.proxied() ? CheckStage.PROXY : CheckStage.CONNECT;
        }
        return https && (watch.handshake() == null || kind == FailureClass.TLS)
                ? CheckStage.TLS
                : CheckStage.AUTHENTICATION;
    }

    private void passNetwork(CheckStage reached) {
        if (reached.compareTo(CheckStage.PROXY) > 0) {
            stages.put(CheckStage.PROXY, proxy());
        }
        if (reached.compareTo(CheckStage.TLS) > 0) {
            stages.put(CheckStage.TLS, tls(watch.handshake()));
        }
    }

    private StageResult proxy() {
        String way = plan.proxy().explain(plan.baseUrl());
        if (!plan.unusedProxy().isEmpty()) {
            return StageResult.warning(
                    way,
                    plan.unusedProxy() + " is set, but Java reads no such variable. To go that way: --proxy env,"
                            + " and in a program ProxySettings.fromEnvironment().");
        }
        return hop.proxied() ? StageResult.passed(way, watch.connectMillis()) : StageResult.skipped(way);
    }

    private StageResult tls(@Nullable Handshake handshake) {
        if (!https) {
            return plan.url().host().equals("localhost") || plan.url().host().startsWith("127.")
                    ? StageResult.skipped("plain http, on this machine")
                    : StageResult.warning(
                            "plain http: the key and the prompts can be read on the way", "Use an https URL.");
        }
        if (handshake == null) {
            return StageResult.skipped("nothing is known of the handshake");
        }
        var chain = handshake.peerCertificates().stream()
                .map(java.security.cert.X509Certificate.class::cast)
                .toList();
        String detail = "%s, %s, issued by %s"
                .formatted(handshake.tlsVersion().javaName(), watch.protocol(), Certificates.issuer(chain));
        return Certificates.isPublic(chain)
                ? StageResult.passed(detail, watch.tlsMillis())
                : StageResult.warning(
                        detail,
                        "Java does not know this issuer by itself: " + Certificates.issuer(chain)
                                + " is a company's gateway, or a proxy that inspects TLS. Programs need the same file:"
                                + " TlsSettings.systemTrust().trust(file).");
    }

    private String accepted() {
        return plan.key().present()
                ? "the key of " + plan.key().source() + " is accepted"
                : "the service asks for no key (" + plan.key().source() + " is absent)";
    }

    private StageResult listed(@Nullable Boolean known) {
        if (plan.model() == null) {
            return StageResult.skipped("none was named: --model NAME");
        }
        if (known == null) {
            return StageResult.skipped("whether there is " + plan.model() + " shows only with --live");
        }
        return known
                ? StageResult.passed(plan.model() + " is listed", null)
                : StageResult.warning(
                        plan.model() + " is not in the service's list",
                        "Check the model's name. Some services list only part of theirs; --live asks it.");
    }

    /** The list of models was refused; that says something of the key, or of the model, or of neither. */
    private void refused(int status) {
        StageResult result = new Explanation(plan, hop).ofStatus(status);
        boolean geminiModel = plan.provider().api() != Provider.Api.OPENAI && plan.model() != null;
        switch (status) {
            case 401 -> stages.put(CheckStage.AUTHENTICATION, result);
            case 403 ->
                stages.put(
                        CheckStage.AUTHENTICATION,
                        plan.live()
                                ? StageResult.warning("the key may not list models (403)", "None, if the call passes.")
                                : result);
            case 404, 405 -> {
                if (geminiModel) {
                    stages.put(CheckStage.AUTHENTICATION, StageResult.passed(accepted(), null));
                    stages.put(CheckStage.MODEL, result);
                } else {
                    stages.put(
                            CheckStage.AUTHENTICATION,
                            StageResult.warning(
                                    "not known: there is no list of models here (" + status + ")",
                                    "Check the base URL's path. Where it is right, --live tells."));
                }
            }
            default -> {
                stages.put(CheckStage.AUTHENTICATION, StageResult.skipped("not known: status " + status));
                stages.put(CheckStage.MODEL, result);
            }
        }
    }

    /** Without a processor the SDK makes no spans, and every request would carry the same parent. */
    private static final class Unexported implements SpanProcessor {

        @Override
        public void onStart(Context parent, ReadWriteSpan span) {}

        @Override
        public boolean isStartRequired() {
            return false;
        }

        @Override
        public void onEnd(ReadableSpan span) {}

        @Override
        public boolean isEndRequired() {
            return false;
        }
    }
}
