package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.content.ContentReader;
import dev.llmpropagation.internal.model.GenAiAttributes;
import dev.llmpropagation.internal.model.ModelOperation;
import dev.llmpropagation.internal.model.RequestFacts;
import dev.llmpropagation.internal.model.RequestScanner;
import dev.llmpropagation.internal.span.ContentGate;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.FewValues;
import dev.llmpropagation.internal.span.ModelCallSpan;
import dev.llmpropagation.internal.span.ModelCallTracer;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.context.Context;
import java.util.function.Function;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.jspecify.annotations.Nullable;

/** Starts the spans of model calls: at the first request of a logical call, if that asks a model for something. */
final class ModelCallFactory {

    private final ModelCallTracer tracer;
    private final PropagationSettings settings;
    private final Diagnostics diagnostics;
    private final FewValues errorCodes = new FewValues();
    private final FewValues statuses = new FewValues();

    ModelCallFactory(ModelCallTracer tracer, PropagationSettings settings, Diagnostics diagnostics) {
        this.tracer = tracer;
        this.settings = settings;
        this.diagnostics = diagnostics;
    }

    /** The model call that this request belongs to; null if it is none, or another span tells of it already. */
    @Nullable
    ModelCall of(LogicalCall logical, Request request, ClientProfile profile) {
        if (logical.isKnown()) {
            ModelCall known = logical.modelCall();
            if (known != null) {
                known.callStarts();
            }
            return known;
        }
        ModelCall modelCall = null;
        try {
            modelCall = started(logical, request, profile);
        } catch (Throwable e) { // whatever of ours fails, the call goes out
            diagnostics.report("A model call could not be traced", e);
            Throwables.propagateIfFatal(e);
        }
        logical.isAbout(modelCall);
        return modelCall;
    }

    private @Nullable ModelCall started(LogicalCall logical, Request request, ClientProfile profile) {
        Function<HttpUrl, @Nullable String> providers = profile.provider();
        ModelOperation call = providers == null ? null : operation(request);
        if (providers == null || call == null || isOthers(logical.caller(), request.url())) {
            return null;
        }
        RequestFacts facts = RequestScanner.read(call, request.body());
        HttpUrl url = request.url();
        String known = providers.apply(url);
        String provider = known == null ? call.provider() : known;
        ModelCall modelCall = new ModelCall(
                call,
                facts.model(),
                streamAsked(facts, request),
                logical.sdkMayRetry(),
                errorCodes,
                statuses,
                diagnostics);
        ModelCallTracer.Start start = new ModelCallTracer.Start(
                call.operation(),
                provider,
                facts.model(),
                facts.stream(),
                url.host(),
                url.port(),
                attributes -> GenAiAttributes.put(attributes, call, facts),
                modelCall::facts,
                modelCall::content);
        ModelCallSpan span = tracer.start(start, logical.storeInContext(logical.caller()));
        modelCall.startedAs(span, request.body());
        span.life().beforeHandedOver(() -> recordContent(modelCall, span, call, request));
        return modelCall;
    }

    private @Nullable ModelOperation operation(Request request) {
        ModelOperation call = ModelOperation.recognise(request);
        return call != null || tracer.convention() == Convention.EARLIER
                ? call
                : ModelOperation.recogniseFetch(request);
    }

    /** Not for a span that is not sampled: nobody would see the content. */
    private void recordContent(ModelCall modelCall, ModelCallSpan span, ModelOperation call, Request request) {
        ContentGate gate = tracer.content();
        if (gate == null || !(gate.onEvents() || span.life().span().isRecording())) {
            return;
        }
        try {
            ContentReader asked = ContentReader.of(call, gate, request.body());
            if (asked != null) {
                modelCall.records(new AskedContent(asked, request));
            }
        } catch (Throwable e) { // of a Jackson that the program has taken away, say: the call goes out, without content
            diagnostics.report("The content of a model call could not be read", e);
            Throwables.propagateIfFatal(e);
        }
    }

    /** Null if the body could not be read. */
    private static @Nullable Boolean streamAsked(RequestFacts facts, Request request) {
        RequestBody body = request.body();
        boolean read = body != null && !body.isOneShot() && !body.isDuplex();
        return (facts.stream() || read) ? facts.stream() : null;
    }

    private boolean isOthers(Context caller, HttpUrl url) {
        if (OtherInstrumentations.isSuppressed(caller)
                || settings.otlpEndpoints().matches(url)
                || tracer.isToldByOthers(caller)) {
            return true;
        }
        LogicalCall around = LogicalCall.fromContext(caller);
        ModelCall other = around == null ? null : around.modelCall();
        if (other != null && other.isInnermostIn(caller)) {
            // Told by our own clients, and not by the program: a part of its client asks a model for something else.
            return !other.isCurrentIn(caller) && OtherInstrumentations.hasGenAiSpan(caller);
        }
        return tracer.isAround(caller) || OtherInstrumentations.hasGenAiSpan(caller);
    }
}
