package dev.llmpropagation.network;

import dev.llmpropagation.internal.url.IpRange;
import dev.llmpropagation.internal.url.UrlParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Destinations that no proxy is used for; the grammar stands at {@link ProxySettings#except}. Immutable. */
final class NoProxy {

    static final NoProxy EMPTY = new NoProxy(List.of());

    private static final int ANY_PORT = -1;
    private static final Predicate<String> LOOPBACK = loopback();
    // Resolvers read these as IPv4 addresses in disguise: 127.1, 0x7f000001, 010.0.0.1.
    private static final Pattern DISGUISED = Pattern.compile("(.*\\.)?([0-9]+|0x[0-9a-f]*)");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,5}");

    private final List<Entry> entries;

    private NoProxy(List<Entry> entries) {
        this.entries = entries;
    }

    /** Entries of a program, each of which must be one. */
    static NoProxy strict(String... texts) {
        if (texts == null) {
            throw refused(null);
        }
        List<Entry> entries = new ArrayList<>();
        for (String text : texts) {
            List<String> words = words(text, "[,\\s]+");
            if (words.isEmpty()) {
                throw refused(text);
            }
            for (String word : words) {
                Entry entry = parse(word);
                if (entry == null) {
                    throw refused(word);
                }
                entries.add(entry);
            }
        }
        return new NoProxy(List.copyOf(entries));
    }

    /** Entries of {@code NO_PROXY}. What is none matches nothing, as in curl and Go: other programs read it too. */
    static NoProxy lenient(@Nullable String text) {
        return new NoProxy(words(text, "[,\\s]+").stream()
                .map(NoProxy::parse)
                .flatMap(Stream::ofNullable)
                .toList());
    }

    /** Entries of {@code http.nonProxyHosts}: separated by {@code |}, with {@code *} at either end. */
    static NoProxy javaHosts(@Nullable String text) {
        return new NoProxy(
                words(text, "[|\\s]+").stream().map(NoProxy::javaHost).toList());
    }

    NoProxy and(NoProxy more) {
        return new NoProxy(
                Stream.concat(entries.stream(), more.entries.stream()).toList());
    }

    /** The entry that matches this destination, or null. */
    @Nullable
    String match(String host, int port) {
        String name = canonical(host);
        for (Entry entry : entries) {
            if ((entry.port == ANY_PORT || entry.port == port) && entry.host.test(name)) {
                return entry.text;
            }
        }
        return null;
    }

    /** Whether this is the machine itself, by its well-known names: nothing is resolved. */
    static boolean isLoopback(String host) {
        return LOOPBACK.test(canonical(host));
    }

    private static Predicate<String> loopback() {
        IpRange v4 = IpRange.of("127.0.0.0", 8);
        IpRange v6 = IpRange.of("::1", -1);
        return host ->
                host.equals("localhost") || (v4 != null && v4.contains(host)) || (v6 != null && v6.contains(host));
    }

    private static @Nullable Entry parse(String text) {
        if (text.equals("*")) {
            return new Entry(text, ANY_PORT, host -> true);
        }
        int slash = text.indexOf('/');
        if (slash >= 0) {
            return range(text, withoutBrackets(text.substring(0, slash)), number(text.substring(slash + 1), 0, 128));
        }
        String host = text;
        int port = ANY_PORT;
        int colon = text.lastIndexOf(':');
        boolean hasPort = text.startsWith("[") ? text.indexOf(']') == colon - 1 : text.indexOf(':') == colon;
        if (colon >= 0 && hasPort) {
            host = text.substring(0, colon);
            port = number(text.substring(colon + 1), 1, 65535);
            if (port < 0) {
                return null;
            }
        }
        return named(text, host, port);
    }

    private static @Nullable Entry named(String text, String host, int port) {
        boolean subdomainsOnly = host.startsWith("*.");
        boolean dotted = subdomainsOnly || host.startsWith(".");
        String name = spelled(dotted ? host.substring(subdomainsOnly ? 2 : 1) : withoutBrackets(host));
        if (name == null) {
            return null;
        }
        if (IpRange.isLiteral(name)) {
            IpRange address = IpRange.of(name, -1);
            return dotted || address == null ? null : new Entry(text, port, address::contains);
        }
        if (DISGUISED.matcher(name).matches()) {
            return null;
        }
        String suffix = '.' + name;
        return new Entry(text, port, other -> other.endsWith(suffix) || (!subdomainsOnly && other.equals(name)));
    }

    private static @Nullable Entry range(String text, String address, int prefix) {
        String host = spelled(address);
        IpRange range = host == null || prefix < 0 ? null : IpRange.of(host, prefix);
        return range == null ? null : new Entry(text, ANY_PORT, range::contains);
    }

    private static Entry javaHost(String text) {
        String pattern = canonical(text);
        boolean start = pattern.startsWith("*");
        boolean end = pattern.length() > 1 && pattern.endsWith("*");
        String part = pattern.substring(start ? 1 : 0, pattern.length() - (end ? 1 : 0));
        return new Entry(
                text,
                ANY_PORT,
                start && end
                        ? host -> host.contains(part)
                        : start ? host -> host.endsWith(part) : end ? host -> host.startsWith(part) : part::equals);
    }

    /** As OkHttp spells it in a URL, without the final dot; null if it is no host. */
    private static @Nullable String spelled(String host) {
        // OkHttp would decode percent signs; the others are no part of a name, whatever a URL makes of them.
        if (host.isEmpty() || host.chars().anyMatch(c -> "%@*[]".indexOf(c) >= 0)) {
            return null;
        }
        String spelled = UrlParser.host(host);
        return spelled == null ? null : canonical(spelled);
    }

    private static String canonical(String host) {
        String name = withoutBrackets(host.toLowerCase(Locale.ROOT));
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static int number(String digits, int min, int max) {
        int value = NUMBER.matcher(digits).matches() ? Integer.parseInt(digits) : -1;
        return value >= min && value <= max ? value : -1;
    }

    private static List<String> words(@Nullable String text, String separators) {
        return text == null
                ? List.of()
                : Stream.of(text.split(separators))
                        .filter(word -> !word.isEmpty())
                        .toList();
    }

    private static IllegalArgumentException refused(@Nullable String entry) {
        // Anything else could be a URL with a password that got here by mistake.
        boolean showable = entry != null && entry.matches("[A-Za-z0-9.*:_/\\[\\]-]{0,100}") && !entry.contains("://");
        return new IllegalArgumentException("ProxySettings.except: " + (showable ? "'" + entry + "'" : "an entry")
                + " is refused. Write example.com, *.example.com, 10.1.2.3, fd00::1 or [fd00::1], each with an optional"
                + " :port, 10.0.0.0/8, fd00::/8, or * for everything.");
    }

    @Override
    public String toString() {
        return entries.stream().map(Entry::text).collect(Collectors.joining(", "));
    }

    private record Entry(String text, int port, Predicate<String> host) {}
}
