package dev.llmpropagation.comparison;

import static java.util.stream.Collectors.toMap;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Where our telemetry is another than that of opentelemetry-okhttp-3.0, and why. All that is not listed is the same, and
 * all that is listed occurs.
 *
 * @param place a line of {@link Telemetry}, with {@code *} for the number of each span of the call
 * @param theirs null if they have no such line
 * @param ours null if we have no such line
 */
record Difference(String place, String theirs, String ours, String reason, Set<Traffic> where) {

    private static final Set<Traffic> ALL = EnumSet.allOf(Traffic.class);
    private static final Set<Traffic> REFUSED_AS_ERROR = EnumSet.of(Traffic.NOT_FOUND, Traffic.SERVER_ERROR);
    private static final Set<Traffic> NO_RESPONSE = EnumSet.of(Traffic.RESET, Traffic.REFUSED, Traffic.CANCELLED);
    private static final Set<Traffic> CUT = EnumSet.of(Traffic.CUT_IN_BODY);
    private static final Set<Traffic> CANCELLED = EnumSet.of(Traffic.CANCELLED);
    private static final Set<Traffic> REFUSED = EnumSet.of(Traffic.REFUSED);

    private static final String ENDS_WITH_BODY = "the span lives as long as the body, because a stream of tokens is the"
            + " call; theirs ends with the response's headers";
    private static final String OUTCOME = "how the attempt ended, by who ended it, is an attribute of its own";
    private static final String NO_MESSAGE_IN_STACK =
            "messages can hold a URL or a key, so stack traces come without them";
    private static final String OWN_MESSAGE =
            "anybody can throw such an exception, with a key in it, so the message is made of facts";
    private static final String CUT_IS_SEEN = "their span ended before the body was cut";
    private static final String CANCEL_IS_NO_ERROR = "the program cancelled the call, so nothing has failed";

    static final List<Difference> LIST = List.of(
            difference(
                    "span * scope",
                    "io.opentelemetry.okhttp-3.0",
                    "dev.llmpropagation",
                    "each instrumentation is a scope of its own",
                    ALL),
            difference(
                    "span * schema",
                    "https://opentelemetry.io/schemas/1.41.0",
                    "https://opentelemetry.io/schemas/1.45.0",
                    "we write by newer conventions, in which these attributes are the same",
                    ALL),
            difference("span * session.id", null, "s-1", "the session that the attempt's header names", ALL),
            difference("span * gen_ai.conversation.id", null, "s-1", "the same, by its name in the conventions", ALL),
            difference(
                    "span * llm_propagation.time_to_first_byte",
                    null,
                    "seconds",
                    "with a span that ends with the body, its duration no longer tells it",
                    except(ALL, NO_RESPONSE)),
            difference(
                    "spans ended before the body was read",
                    "1",
                    "0",
                    ENDS_WITH_BODY,
                    except(ALL, NO_RESPONSE, EnumSet.of(Traffic.REDIRECT, Traffic.EMPTY))),
            difference("spans ended before the body was read", "2", "1", ENDS_WITH_BODY, EnumSet.of(Traffic.REDIRECT)),
            difference(
                    "span * llm_propagation.outcome",
                    null,
                    "completed",
                    OUTCOME,
                    except(ALL, NO_RESPONSE, REFUSED_AS_ERROR, CUT, EnumSet.of(Traffic.CLOSED_EARLY))),
            difference("span * llm_propagation.outcome", null, "failed", OUTCOME, REFUSED_AS_ERROR),
            difference(
                    "span * llm_propagation.outcome",
                    null,
                    "failed",
                    OUTCOME,
                    EnumSet.of(Traffic.RESET, Traffic.REFUSED, Traffic.CUT_IN_BODY)),
            difference(
                    "span * llm_propagation.outcome", null, "interrupted", OUTCOME, EnumSet.of(Traffic.CLOSED_EARLY)),
            difference("span * llm_propagation.outcome", null, "cancelled", OUTCOME, CANCELLED),
            difference(
                    "span * url.full",
                    "http://localhost:PORT/call?key=s3cret&alt=sse&sig=REDACTED",
                    "http://localhost:PORT/call?key=REDACTED&alt=sse&sig=REDACTED",
                    "model services take their key in the query, so its usual names are redacted as well",
                    EnumSet.of(Traffic.SECRET_IN_QUERY)),
            difference(
                    "span * network.peer.address",
                    null,
                    "127.0.0.1",
                    "who refused is known before there is a connection",
                    REFUSED),
            difference(
                    "span * network.peer.port",
                    null,
                    "PORT",
                    "who refused is known before there is a connection",
                    REFUSED),
            difference(
                    "span * exception exception.stacktrace",
                    "java.net.SocketException: Connection reset",
                    "java.net.SocketException",
                    NO_MESSAGE_IN_STACK,
                    EnumSet.of(Traffic.RESET)),
            difference(
                    "span * exception exception.stacktrace",
                    "java.net.ConnectException: Failed to connect to localhost/127.0.0.1:PORT",
                    "java.net.ConnectException",
                    NO_MESSAGE_IN_STACK,
                    REFUSED),
            difference(
                    "span * exception exception.message",
                    "Connection reset",
                    "The connection broke off to localhost:PORT at 127.0.0.1:PORT: Connection reset",
                    OWN_MESSAGE,
                    EnumSet.of(Traffic.RESET)),
            difference(
                    "span * exception exception.message",
                    "Failed to connect to localhost/127.0.0.1:PORT",
                    "Could not connect to localhost:PORT at 127.0.0.1:PORT: Connection refused",
                    OWN_MESSAGE,
                    REFUSED),
            difference("span * error.type", null, "java.net.ProtocolException", CUT_IS_SEEN, CUT),
            difference(
                    "http.client.request.duration 0 error.type", null, "java.net.ProtocolException", CUT_IS_SEEN, CUT),
            difference("span * exception exception.type", null, "java.net.ProtocolException", CUT_IS_SEEN, CUT),
            difference("span * exception exception.stacktrace", null, "java.net.ProtocolException", CUT_IS_SEEN, CUT),
            difference("span * event", null, "exception", CUT_IS_SEEN, CUT),
            difference("span * status", "UNSET", "ERROR", CUT_IS_SEEN, CUT),
            difference("span * error.type", "java.net.SocketException", null, CANCEL_IS_NO_ERROR, CANCELLED),
            difference(
                    "http.client.request.duration 0 error.type",
                    "java.net.SocketException",
                    null,
                    CANCEL_IS_NO_ERROR,
                    CANCELLED),
            difference(
                    "span * exception exception.type", "java.net.SocketException", null, CANCEL_IS_NO_ERROR, CANCELLED),
            difference("span * exception exception.message", "Socket closed", null, CANCEL_IS_NO_ERROR, CANCELLED),
            difference(
                    "span * exception exception.stacktrace",
                    "java.net.SocketException: Socket closed",
                    null,
                    CANCEL_IS_NO_ERROR,
                    CANCELLED),
            difference("span * event", "exception", null, CANCEL_IS_NO_ERROR, CANCELLED),
            difference("span * status", "ERROR", "UNSET", CANCEL_IS_NO_ERROR, CANCELLED));

    private static Difference difference(String place, String theirs, String ours, String reason, Set<Traffic> where) {
        return new Difference(place, theirs, ours, reason, where);
    }

    /** The lines that are to differ for these calls, as {@code theirs -> ours}. */
    static Map<String, String> listed(Traffic traffic) {
        int spans = traffic == Traffic.REDIRECT ? 2 : 1;
        return LIST.stream()
                .filter(difference -> difference.where.contains(traffic))
                .flatMap(difference -> difference.lines(spans))
                .collect(toMap(Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a + " and " + b, TreeMap::new));
    }

    private Stream<Map.Entry<String, String>> lines(int spans) {
        String change = theirs + " -> " + ours;
        return place.contains("*")
                ? IntStream.range(0, spans).mapToObj(i -> Map.entry(place.replace("*", Integer.toString(i)), change))
                : Stream.of(Map.entry(place, change));
    }

    @SafeVarargs
    private static Set<Traffic> except(Set<Traffic> all, Set<Traffic>... others) {
        Set<Traffic> rest = EnumSet.copyOf(all);
        for (Set<Traffic> other : others) {
            rest.removeAll(other);
        }
        return rest;
    }
}
