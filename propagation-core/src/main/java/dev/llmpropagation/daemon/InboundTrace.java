package dev.llmpropagation.daemon;

/** What the {@code traceparent} of a client does to the spans of its request. */
public enum InboundTrace {
    /**
     * The request joins the client's trace, if the client samples it. If it does not, the request is the root of its own
     * trace, with a link to the client's: a client does not decide what the daemon sees of itself. The default.
     */
    JOIN_SAMPLED,
    /** The request joins the client's trace, sampled or not, as the daemon's sampler makes of it. */
    JOIN,
    /** Each request is the root of its own trace, with a link to the client's; for clients that nobody knows. */
    LINK,
    /** What a client says has no effect. */
    IGNORE
}
