package dev.llmpropagation.http;

import io.opentelemetry.api.common.AttributeKey;

/** Names that are this library's own; all others are OpenTelemetry's. */
final class Names {

    static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("llm_propagation.outcome");
    /** Seconds from the start of the attempt until its response headers were read. */
    static final AttributeKey<Double> TIME_TO_FIRST_BYTE = AttributeKey.doubleKey("llm_propagation.time_to_first_byte");

    /** True if OkHttp answered from its cache and sent nothing; else absent. */
    static final AttributeKey<Boolean> FROM_CACHE = AttributeKey.booleanKey("llm_propagation.from_cache");

    static final AttributeKey<String> REQUEST_ID = AttributeKey.stringKey("llm_propagation.request_id");
    static final AttributeKey<String> CONVERSATION_ID = AttributeKey.stringKey("gen_ai.conversation.id");
    static final AttributeKey<String> SESSION_ID = AttributeKey.stringKey("session.id");

    /** Event: OkHttp sent the request again within one attempt, to authenticate or to recover a connection. */
    static final String RESENT_EVENT = "llm_propagation.resent";

    static final AttributeKey<Long> RESENT_COUNT = AttributeKey.longKey("llm_propagation.resent.count");

    private Names() {}
}
