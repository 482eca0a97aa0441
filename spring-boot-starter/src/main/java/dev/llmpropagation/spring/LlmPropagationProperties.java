package dev.llmpropagation.spring;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What {@code LlmPropagation} and the network of all clients are made of. Values are those of the library's builders.
 *
 * @param enabled Whether the library is set up at all.
 * @param destinations Who gets the trace headers, and the session header too: one of configured-origin, first-party, all,
 *     none; or patterns of hosts. Default: configured-origin.
 * @param sessionDestinations Who gets the session header, in the words of destinations. Default: the same.
 * @param baggageDestinations Of those that get the trace headers, who gets baggage as well. Default: none.
 * @param sessionIdHeader Name of the session header. Default: X-Qwen-Code-Session-Id.
 * @param requestId Whether each attempt carries a fresh UUID, which its span shows as well.
 * @param requestIdHeader Name of the header for the request id. Default: X-Qwen-Code-Request-Id.
 * @param correlationHeaders Further headers with fixed values, to the destinations of the session header. Default: none.
 * @param capturedRequestHeaders Request headers that spans show.
 * @param capturedResponseHeaders Response headers that spans show.
 * @param connectionPhases Whether spans of attempts show how long DNS, connecting, TLS and sending took.
 * @param modelCalls Whether each call to a model is a span, where no span of another instrumentation tells of it.
 * @param session Where the session comes from.
 * @param agent Spans of the agent and of model calls.
 * @param proxy Through which proxy the clients reach which hosts.
 * @param tls Whom the clients trust and what they show of themselves.
 * @param connections Timeouts and limits.
 */
@ConfigurationProperties(LlmPropagationProperties.PREFIX)
record LlmPropagationProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue List<String> destinations,
        @DefaultValue List<String> sessionDestinations,
        @DefaultValue List<String> baggageDestinations,
        @Nullable String sessionIdHeader,
        boolean requestId,
        @Nullable String requestIdHeader,
        @DefaultValue Map<String, String> correlationHeaders,
        @DefaultValue List<String> capturedRequestHeaders,
        @DefaultValue List<String> capturedResponseHeaders,
        boolean connectionPhases,
        @DefaultValue("true") boolean modelCalls,
        @DefaultValue OfSession session,
        @DefaultValue OfAgent agent,
        @DefaultValue OfProxy proxy,
        @DefaultValue OfTls tls,
        @DefaultValue OfConnections connections) {

    static final String PREFIX = "llm.propagation";

    /**
     * Where the session comes from.
     *
     * @param requestHeader Header of the requests that the program serves which names the session. Default: none is read.
     * @param spans Whether every span of the program that belongs to a session shows it as session.id.
     */
    record OfSession(
            @Nullable String requestHeader,
            @DefaultValue("true") boolean spans) {}

    /**
     * Spans of the agent and of model calls.
     *
     * @param name Name of the agent, gen_ai.agent.name.
     * @param spanNames Names of the spans: reference is qwen-code.llm_request and so on, gen-ai those of the conventions.
     * @param latestConventions Whether the names of the GenAI conventions are those of release 0.1. Default: what
     *     OTEL_SEMCONV_STABILITY_OPT_IN says, else the earlier ones.
     */
    record OfAgent(
            @Nullable String name,
            @Nullable Naming spanNames,
            @Nullable Boolean latestConventions) {}

    /** Tables of span names. */
    enum Naming {
        REFERENCE,
        GEN_AI
    }

    /**
     * Through which proxy the clients reach which hosts.
     *
     * @param url A proxy for all hosts, as http://host:port or socks5://host:port.
     * @param from Where proxies are read from instead of a URL. Default: the JVM's ProxySelector is asked.
     * @param user User name for the proxy.
     * @param password Password for the proxy.
     * @param except Hosts, .suffixes, addresses and ranges that are reached directly, as in NO_PROXY.
     * @param includingLoopback Whether loopback addresses are reached through the proxy too.
     */
    record OfProxy(
            @Nullable String url,
            @Nullable Source from,
            @Nullable String user,
            @Nullable String password,
            @DefaultValue List<String> except,
            boolean includingLoopback) {

        /** Where proxies are read from. */
        enum Source {
            NONE,
            ENVIRONMENT,
            SYSTEM_PROPERTIES,
            SYSTEM
        }

        /** Not the URL, which can hold a password. */
        @Override
        public String toString() {
            return "OfProxy[" + (url == null ? "from=" + from : "url=***") + ", except=" + except + "]";
        }
    }

    /**
     * Whom the clients trust and what they show of themselves.
     *
     * @param trust PEM files of authorities that are trusted as well.
     * @param systemTrust Whether what the JVM trusts is trusted. False trusts the given files alone.
     * @param clientCertificate The certificate that is shown to servers which ask for one.
     */
    record OfTls(
            @DefaultValue List<String> trust,
            @DefaultValue("true") boolean systemTrust,
            @DefaultValue OfClientCertificate clientCertificate) {}

    /**
     * The certificate that is shown to servers which ask for one.
     *
     * @param chain PEM file with the certificate, then those that signed it.
     * @param key PEM file with its private key, not encrypted.
     * @param pkcs12 PKCS12 file with both, instead of the PEM files.
     * @param password Password of the PKCS12 file.
     */
    record OfClientCertificate(
            @Nullable String chain,
            @Nullable String key,
            @Nullable String pkcs12,
            @Nullable String password) {

        @Override
        public String toString() {
            return "OfClientCertificate[chain=" + chain + ", key=" + key + ", pkcs12=" + pkcs12 + "]";
        }
    }

    /**
     * Timeouts and limits. What is not set stays as the SDK has it; 0 means no limit.
     *
     * @param connectTimeout How long a connection may take to open.
     * @param readTimeout How long the service may be silent.
     * @param writeTimeout How long the service may take none of the request's bytes.
     * @param callTimeout How long a whole call may take, its body included.
     * @param pingInterval How often a ping is sent on HTTP/2 connections and WebSockets.
     * @param keepAlive How long an idle connection is kept.
     * @param maxRequests How many async calls of a client run at once. Default: 64.
     * @param maxRequestsPerHost How many of them to one host. Default: as many as in all; if maxRequests is not set
     *     either, 5 for Gemini, as in its SDK.
     */
    record OfConnections(
            @Nullable Duration connectTimeout,
            @Nullable Duration readTimeout,
            @Nullable Duration writeTimeout,
            @Nullable Duration callTimeout,
            @Nullable Duration pingInterval,
            @Nullable Duration keepAlive,
            @Nullable Integer maxRequests,
            @Nullable Integer maxRequestsPerHost) {}
}
