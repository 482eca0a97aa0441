package dev.llmpropagation.internal.http;

import io.opentelemetry.api.common.AttributeKey;

/** Names that are this library's own; all others are OpenTelemetry's. */
final class AttemptAttributes {

    /** Wire attempts of a model call, if there was more than one. */
    static final AttributeKey<Long> ATTEMPTS = AttributeKey.longKey("llm_propagation.attempts");

    static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("llm_propagation.outcome");
    /** Seconds from the start of the attempt until its response headers were read. */
    static final AttributeKey<Double> TIME_TO_FIRST_BYTE = AttributeKey.doubleKey("llm_propagation.time_to_first_byte");

    /** Seconds for finding the addresses of the service, or of its proxy. Only with connection phases, as the next three. */
    static final AttributeKey<Double> DNS_DURATION = AttributeKey.doubleKey("llm_propagation.dns.duration");

    /** Seconds until the connection stood, what a proxy asks for included; TLS is not. */
    static final AttributeKey<Double> CONNECT_DURATION = AttributeKey.doubleKey("llm_propagation.connect.duration");

    static final AttributeKey<Double> TLS_DURATION = AttributeKey.doubleKey("llm_propagation.tls.duration");

    /** Seconds from the start of the attempt until the last byte of the request was written. */
    static final AttributeKey<Double> TIME_TO_REQUEST_SENT =
            AttributeKey.doubleKey("llm_propagation.time_to_request_sent");

    /** True if OkHttp answered from its cache and sent nothing; else absent. */
    static final AttributeKey<Boolean> FROM_CACHE = AttributeKey.booleanKey("llm_propagation.from_cache");

    static final AttributeKey<String> REQUEST_ID = AttributeKey.stringKey("llm_propagation.request_id");
    static final AttributeKey<String> CONVERSATION_ID = AttributeKey.stringKey("gen_ai.conversation.id");
    static final AttributeKey<String> SESSION_ID = AttributeKey.stringKey("session.id");

    /** Event: OkHttp sent the request again within one attempt, to authenticate or to recover a connection. */
    static final String RESENT_EVENT = "llm_propagation.resent";

    static final AttributeKey<Long> RESENT_COUNT = AttributeKey.longKey("llm_propagation.resent.count");

    private AttemptAttributes() {}
}
