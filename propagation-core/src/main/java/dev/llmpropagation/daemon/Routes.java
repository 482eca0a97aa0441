package dev.llmpropagation.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The catalogue of a daemon's routes. Spans and metrics name a request by its route, never by its path; a path that is not
 * in the catalogue has neither span nor metric.
 *
 * <p>A route is a method and a template, as {@code POST /session/:id/prompt}. {@code :name} stands for one segment that is
 * not empty. Upper and lower case of the others are the same, and one slash at the end does not count. Where two routes
 * fit, the one with the earlier literal wins. Immutable and thread-safe.
 *
 * <p>A segment behind {@code session} or {@code sessions}, or in the place of {@code :session} or {@code :sessionId}, names a
 * session: an id generator that derives the trace from the session (see {@link DaemonRequest.Builder#session}) is told of it
 * when the request starts. Span attributes show only what the program tells.
 */
public final class Routes {

    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    private static final Routes REFERENCE = of(List.of(
            "POST /session",
            "POST /session/:id/load",
            "POST /session/:id/prompt",
            "POST /session/:id/cancel",
            "POST /session/:id/permission/:requestId",
            "GET /session/:id/events",
            "DELETE /session/:id",
            "GET /workspace/:id/sessions"));

    private final List<Route> routes;

    private Routes(List<Route> routes) {
        this.routes = routes;
    }

    /** The routes of the reference's sessions, prompts, events and workspaces. */
    public static Routes reference() {
        return REFERENCE;
    }

    /** @see #of(Collection) */
    public static Routes of(String... routes) {
        return of(List.of(requireNonNull(routes, "routes")));
    }

    /**
     * These routes and no other.
     *
     * @throws IllegalArgumentException if one of them is no route, or stands there twice
     */
    public static Routes of(Collection<String> routes) {
        List<Route> parsed = new ArrayList<>();
        for (String route : requireNonNull(routes, "routes")) {
            Route next = Route.parse(requireNonNull(route, "route"));
            for (Route known : parsed) {
                if (known.shape().equals(next.shape())) {
                    throw new IllegalArgumentException(
                            "routes: \"" + route + "\" is the same as \"" + known.name() + "\"; leave one out");
                }
            }
            parsed.add(next);
        }
        parsed.sort(Comparator.comparing(Route::shape, Comparator.reverseOrder()));
        return new Routes(List.copyOf(parsed));
    }

    /** The names, as spans and metrics show them. */
    public List<String> names() {
        return routes.stream().map(Route::name).sorted().toList();
    }

    @Override
    public String toString() {
        return "Routes" + names();
    }

    @Nullable
    Route find(String method, String path) {
        String[] segments = null;
        for (Route route : routes) {
            if (route.method.equals(method)) {
                if (segments == null) {
                    segments = segments(path);
                }
                if (route.fits(segments)) {
                    return route;
                }
            }
        }
        return null;
    }

    /** Without the query; one slash at the end is left out. */
    private static String[] segments(String path) {
        int end = path.length();
        for (int i = 0; i < end; i++) {
            if (path.charAt(i) == '?' || path.charAt(i) == '#') {
                end = i;
            }
        }
        if (end > 1 && path.charAt(end - 1) == '/') {
            end--;
        }
        return path.substring(0, end).split("/", -1);
    }

    /** One entry. Made from the program's own constants alone, so that metrics may name it. */
    static final class Route {
        private final String name;
        private final String method;
        private final String[] segments;
        private final int sessionSegment; // 0 for none, as nothing stands before the first slash

        private Route(String name, String method, String[] segments) {
            this.name = name;
            this.method = method;
            this.segments = segments;
            this.sessionSegment = sessionSegment(segments);
        }

        private static int sessionSegment(String[] segments) {
            for (int i = 1; i < segments.length; i++) {
                if (segments[i].matches("(?i):session_?(id)?")
                        || (segments[i].startsWith(":") && segments[i - 1].matches("(?i)sessions?"))) {
                    return i;
                }
            }
            return 0;
        }

        static Route parse(String text) {
            String[] parts = text.trim().split(" +", -1);
            if (parts.length != 2 || !METHODS.contains(parts[0]) || !parts[1].startsWith("/")) {
                throw invalid(text, "write a method in capitals and a path, as \"GET /session/:id\"");
            }
            if (parts[1].indexOf('?') >= 0 || parts[1].indexOf('#') >= 0) {
                throw invalid(text, "leave out the query, which no route looks at");
            }
            String[] segments = segments(parts[1]);
            for (int i = 1; i < segments.length; i++) {
                if (!segments[i].matches(":\\w+|[\\w.~-]+") && !parts[1].equals("/")) {
                    throw invalid(text, "segments are words or \":name\"");
                }
            }
            return new Route(parts[0] + ' ' + String.join("/", segments), parts[0], segments);
        }

        private static IllegalArgumentException invalid(String text, String remedy) {
            return new IllegalArgumentException("routes: \"" + text + "\" is no route; " + remedy);
        }

        String name() {
            return name;
        }

        String method() {
            return method;
        }

        /** Without the method, as OpenTelemetry's conventions have it. */
        String template() {
            return name.substring(method.length() + 1);
        }

        /** Equal for routes that match the same paths. Literals sort after parameters. */
        private String shape() {
            StringBuilder shape = new StringBuilder(method);
            for (String segment : segments) {
                shape.append('/').append(segment.startsWith(":") ? " " : segment.toLowerCase(Locale.ROOT));
            }
            return shape.toString();
        }

        /**
         * What the path says of the session: the segment behind {@code session} or {@code sessions}, or in the place of
         * {@code :session} or {@code :sessionId}. The client's word; null if the route has no such place.
         */
        @Nullable
        String sessionIn(String path) {
            return sessionSegment == 0 ? null : decoded(segments(path)[sessionSegment]);
        }

        private static @Nullable String decoded(String segment) {
            try {
                return segment.indexOf('%') < 0 ? segment : URLDecoder.decode(segment.replace("+", "%2B"), UTF_8);
            } catch (IllegalArgumentException e) { // the client's
                return null;
            }
        }

        private boolean fits(String[] path) {
            if (path.length != segments.length) {
                return false;
            }
            for (int i = 0; i < path.length; i++) {
                boolean fit = segments[i].startsWith(":") ? !path[i].isEmpty() : segments[i].equalsIgnoreCase(path[i]);
                if (!fit) {
                    return false;
                }
            }
            return true;
        }
    }
}
