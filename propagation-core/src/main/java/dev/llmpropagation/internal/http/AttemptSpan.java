package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.model.BodyStart;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.ExceptionEvent;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.semconv.ErrorAttributes;
import io.opentelemetry.semconv.HttpAttributes;
import io.opentelemetry.semconv.NetworkAttributes;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Buffer;
import okio.Source;
import org.jspecify.annotations.Nullable;

/**
 * The span and metric of one wire attempt, from the request to the end of the body. Whoever ends it first decides how it
 * ended; all later ends do nothing. Thread-safe; never throws.
 */
final class AttemptSpan {

    // Instead of an AtomicBoolean, which would be one more object for each attempt.
    private static final AtomicIntegerFieldUpdater<AttemptSpan> ENDED =
            AtomicIntegerFieldUpdater.newUpdater(AttemptSpan.class, "ended");

    private final AttemptTracer spans;
    private final Span span;
    private final ShownPlace place;
    private final String method;
    private final CallState state;
    private final Context context;
    private final long startNanos = System.nanoTime();
    private final int requestsSentBefore;
    private final boolean measured;
    private final boolean recording;
    private final @Nullable ModelCall modelCall;
    private final @Nullable AttemptResponse modelResponse;

    private volatile int ended;

    // Of OpenAttempts, under its lock.
    @Nullable
    OpenBody openBody;

    @Nullable
    AttemptSpan previous;

    @Nullable
    AttemptSpan next;

    boolean registered;

    // Not volatile: the thread that sends writes them before it hands the body to the thread that ends the attempt.
    private int status;
    private @Nullable String protocolVersion;
    private boolean fromCache;
    private long firstByteNanos = startNanos;
    // Not volatile: read only when the body is unreachable, so that nobody writes it any more.
    private long lastByteNanos = startNanos;

    /**
     * @param measured false where another instrumentation makes span and metric: then only the model call is told
     * @param request that is sent; it is not kept while a body is open
     * @param place where it goes
     * @param context what the attempt runs in: with its span
     */
    AttemptSpan(
            AttemptTracer spans,
            Span span,
            boolean measured,
            Request request,
            ShownPlace place,
            CallState state,
            Context context) {
        this.spans = spans;
        this.span = span;
        this.place = place;
        this.method = spans.metricMethod(request);
        this.state = state;
        this.context = context;
        this.measured = measured;
        this.recording = span.isRecording(); // takes a lock in the SDK
        this.modelCall = state.logical().modelCall();
        this.modelResponse = modelCall == null ? null : modelCall.attemptStarts();
        CallEventListener capture = state.capture();
        this.requestsSentBefore = capture == null ? 0 : capture.requestsSent();
        if (capture != null && capture.phases() != null) {
            capture.phases().attemptStarts(startNanos);
        }
        spans.open().add(this);
    }

    /**
     * Follows the body, unless there is none to follow.
     *
     * @param request of this attempt
     * @param first of the call: the same unless this one is redirected
     */
    Response responded(Response response, Request request, Request first) {
        try {
            long now = System.nanoTime();
            firstByteNanos = now;
            lastByteNanos = now;
            status = response.code();
            protocolVersion = version(response.protocol());
            fromCache = response.cacheResponse() != null && response.networkResponse() == null;
            if (recording) {
                spans.captureResponseHeaders(span, response.headers(), first, request, response.request());
            }
            MediaType type =
                    response.body() == null ? null : response.body().contentType(); // OkHttp parses it each time
            boolean stream = type != null && type.subtype().equals("event-stream");
            if (modelCall != null && modelResponse != null) {
                stream = modelCall.responseStarts(modelResponse, response, type, first);
            }
            // Of what is no model call, the content type is believed, if there is one.
            BodyStart start = (modelCall != null || type == null || stream) ? new BodyStart() : null;
            if (!hasBody(request, response)) {
                end(Outcome.COMPLETED, null, now);
                return response;
            }
            if (!recording && modelCall == null && !spans.metric().isEnabled()) {
                end(Outcome.COMPLETED, null, now);
                return response;
            }
            return response.newBuilder()
                    .body(TrackedBody.of(response.body(), stream, start, this))
                    .build();
        } catch (Throwable e) { // of the program's SDK
            spans.diagnostics().report("A response could not be followed to its end", e);
            end(Outcome.COMPLETED, null, System.nanoTime());
            Throwables.propagateIfFatal(e);
            return response;
        }
    }

    /** Sending failed, or reading the body did. */
    void failed(Throwable failure) {
        Outcome outcome = CallOutcome.of(failure, state.call(), state.startNanos());
        endOrStopped(outcome, CallOutcome.asTheProgramSees(failure, outcome));
    }

    void completed() {
        end(Outcome.COMPLETED, null, System.nanoTime());
    }

    /** Closed before its end, by the consumer or because the call is cancelled. */
    void closedEarly() {
        Outcome outcome =
                isCallCanceled() ? CallOutcome.ofCancelled(state.call(), state.startNanos()) : Outcome.INTERRUPTED;
        endOrStopped(outcome, null);
    }

    /** A deadline of the program cancels the OkHttp call as well; only the facade knows the difference. */
    private void endOrStopped(Outcome outcome, @Nullable Throwable failure) {
        Ending stopped = outcome == Outcome.CANCELLED ? state.logical().stopped() : null;
        if (stopped == null || stopped.failure() == null) {
            end(outcome, failure, System.nanoTime());
        } else {
            end(stopped.outcome(), stopped.failure(), System.nanoTime());
        }
    }

    /** @param source what every reader of the body holds */
    void follow(Source source, ResponseBody body) {
        spans.open().follow(this, source, body);
    }

    /** The body is read to its end, or closed: there is no connection to free. */
    void bodyEnded() {
        spans.open().bodyEnded(this);
    }

    /** The body was closed, at its end or before. */
    void bodyClosed() {
        if (modelCall != null && modelResponse != null) {
            modelCall.bodyClosed(modelResponse);
        }
    }

    /** The body is unreachable, so nobody can close it any more. The attempt ended when its last byte was read. */
    void abandoned() {
        if (modelCall == null) { // the span of a model call tells it for itself
            spans.diagnostics()
                    .report(
                            "A response body was neither read to its end nor closed, and held its connection; read each"
                                    + " body to its end, or close it",
                            null);
        }
        end(Outcome.ABANDONED, null, lastByteNanos);
    }

    /** The program closes this library; its call goes on. */
    void programEnds() {
        end(Outcome.CANCELLED, null, System.nanoTime());
    }

    /** Our own code failed before anything was sent. */
    void dropped() {
        if (ENDED.compareAndSet(this, 0, 1)) {
            spans.open().ended(this);
            endSpan(Outcome.FAILED, null, 0, System.nanoTime());
        }
    }

    void awaitsBytes() {
        if (modelCall != null) {
            modelCall.awaitsBytes();
        }
    }

    /** @param byteCount how many bytes at the end of the buffer have come now */
    void sawBytes(Buffer buffer, long byteCount) {
        long now = System.nanoTime();
        lastByteNanos = now;
        if (modelCall != null && modelResponse != null) {
            modelCall.gotBytes(modelResponse, buffer, byteCount, now);
        }
    }

    /** Null if it is no attempt of this model call. */
    @Nullable
    AttemptResponse responseTo(ModelCall call) {
        return modelCall == call ? modelResponse : null;
    }

    boolean hasEnded() {
        return ended != 0;
    }

    void cancelCall() {
        LogicalCall.cancel(state.call(), spans.diagnostics());
    }

    boolean isCallCanceled() {
        return state.call().isCanceled();
    }

    private void end(Outcome how, @Nullable Throwable failure, long endNanos) {
        if (!ENDED.compareAndSet(this, 0, 1)) {
            return;
        }
        spans.open().ended(this);
        // What the service refused has failed, however little of its response anybody reads.
        Outcome outcome = status >= 400 ? Outcome.FAILED : how;
        String errorType = null;
        try {
            if (outcome.isError()) {
                errorType = errorType(outcome, failure);
            }
            if (recording) {
                describeEnd(outcome, errorType, failure);
            }
        } catch (Throwable e) { // of the program's SDK
            spans.diagnostics().report("The end of an attempt could not be described", e);
            Throwables.propagateIfFatal(e);
        } finally {
            endSpan(how, failure, status, endNanos);
        }
        if (fromCache || !measured) {
            return; // no request was sent that would have a duration
        }
        try {
            spans.metric()
                    .record((endNanos - startNanos) / 1e9, context, method, place, status, protocolVersion, errorType);
        } catch (Throwable e) { // of the program's SDK
            spans.diagnostics().report("The duration of an attempt could not be recorded", e);
            Throwables.propagateIfFatal(e);
        }
    }

    /** Ends the span of the attempt, and tells its model call, which may end by it. */
    private void endSpan(Outcome outcome, @Nullable Throwable failure, int responseStatus, long endNanos) {
        try {
            if (outcome == Outcome.ABANDONED) {
                long age = System.nanoTime() - endNanos;
                span.end(Instant.now().minusNanos(age));
            } else {
                span.end();
            }
        } catch (Throwable e) { // of the program's SDK
            spans.diagnostics().report("A span could not be ended", e);
            Throwables.propagateIfFatal(e);
        } finally {
            if (modelCall != null && modelResponse != null) {
                modelCall.attemptEnded(modelResponse, outcome, failure, responseStatus);
            }
        }
    }

    /** Set at the end, so that the span of an open stream does not hold them. No sampler needs them. */
    private void describeResponse() {
        span.setAttribute(HttpAttributes.HTTP_RESPONSE_STATUS_CODE, (long) status);
        if (fromCache) {
            span.setAttribute(Attribute.FROM_CACHE.key(), true);
        }
        span.setAttribute(Attribute.TIME_TO_FIRST_BYTE.key(), (firstByteNanos - startNanos) / 1e9);
        if (protocolVersion != null) {
            span.setAttribute(NetworkAttributes.NETWORK_PROTOCOL_VERSION, protocolVersion);
        }
    }

    private void describeEnd(Outcome outcome, @Nullable String errorType, @Nullable Throwable failure) {
        if (status != 0) {
            describeResponse();
        }
        if (errorType != null) {
            span.setStatus(StatusCode.ERROR);
            span.setAttribute(ErrorAttributes.ERROR_TYPE, errorType);
        }
        CallEventListener capture = state.capture();
        InetSocketAddress peer = capture == null ? null : capture.peer();
        span.setAttribute(Attribute.OUTCOME.key(), outcome.value());
        if (capture != null) {
            describeConnection(capture, peer);
        }
        if (failure != null && outcome.isError()) { // last: its methods can be the program's, and throw
            ExceptionEvent.add(span, failure, FailureText.of(failure, place, peer));
        }
    }

    private void describeConnection(CallEventListener capture, @Nullable InetSocketAddress peer) {
        InetAddress address = peer == null ? null : peer.getAddress();
        if (peer != null && address != null) {
            span.setAttribute(NetworkAttributes.NETWORK_PEER_ADDRESS, address.getHostAddress());
            span.setAttribute(NetworkAttributes.NETWORK_PEER_PORT, (long) peer.getPort());
        }
        ConnectionPhaseListener phases = capture.phases();
        if (phases != null) {
            phases.describe(span);
        }
        int resent = capture.requestsSent() - requestsSentBefore - 1;
        if (resent > 0) {
            span.addEvent("llm_propagation.resent", Attributes.of(Attribute.RESENT_COUNT.key(), (long) resent));
        }
    }

    private String errorType(Outcome outcome, @Nullable Throwable failure) {
        if (status >= 400) {
            return Integer.toString(status);
        }
        return failure != null ? failure.getClass().getName() : outcome.value();
    }

    private boolean hasBody(Request request, Response response) {
        return !request.method().equals("HEAD")
                && status != 101
                && status != 204
                && status != 304
                && response.body() != null
                && response.body().contentLength() != 0;
    }

    private static @Nullable String version(Protocol protocol) {
        return switch (protocol) {
            case HTTP_1_0 -> "1.0";
            case HTTP_1_1 -> "1.1";
            case HTTP_2, H2_PRIOR_KNOWLEDGE -> "2";
            case QUIC -> "3";
            default -> null;
        };
    }
}
