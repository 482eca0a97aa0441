package dev.llmpropagation.testkit;

/** What {@link ClientConformance} asks of a client; each can be switched off. */
public enum Promise {
    /** Each attempt is a CLIENT span, and a child of the caller's. */
    SPAN,
    /** The attempt's span has the names and attributes of OpenTelemetry's convention for HTTP clients. */
    CONVENTION,
    /** The attempt's duration is in the convention's metric. */
    METRIC,
    /** A request carries the traceparent of its attempt. */
    TRACEPARENT,
    /** A request carries the id of the session in the caller's Context, where {@link ClientConformance#withSession} puts it. */
    SESSION,
    /** Baggage of the caller's Context is not sent, although a propagator for it is there. */
    NO_BAGGAGE,
    /** A redirect to another origin carries neither traceparent, session nor credentials. */
    OTHER_ORIGIN,
    /** A failed attempt that is made again has a span and a traceparent of its own. Only clients that retry. */
    RETRY,
    /** An answer that refuses is an ERROR with its status as {@code error.type}. */
    REFUSAL,
    /** The span of a stream lasts as long as the stream. */
    STREAM,
    /** A stream that its consumer closes early ends its span and frees its connection. */
    EARLY_CLOSE,
    /** A stream that breaks is an ERROR of its span and an exception for its consumer. */
    BROKEN_STREAM,
    /** Calls that wait in a queue belong to those who made them. */
    ASYNC,
    /** What runs after an asynchronous call runs in the Context of its caller. */
    CONTINUATION,
    /** No credential gets into a span, its events, links or status, nor into a log record or a metric. */
    NO_SECRETS,
    /** Telemetry that fails does not change the call. */
    HARMLESS
}
