package dev.llmpropagation.testkit;

import dev.llmpropagation.testkit.trace.SpanTree;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A tree of spans as a test writes it. Immutable. */
final class TreeText {

    private static final Pattern LINE = Pattern.compile("( *)(\\S.*?)(?: \\[(.+=.*)])?\\s*");

    private final List<Node> roots;

    private TreeText(List<Node> roots) {
        this.roots = roots;
    }

    private record Node(String name, Map<String, String> attributes, List<Node> children) {
        /** What of a span this node speaks about. */
        Node sameOf(SpanTree tree) {
            Map<String, String> seen = new LinkedHashMap<>();
            attributes
                    .keySet()
                    .forEach(key -> seen.put(key, tree.span().text(key).orElse("(none)")));
            return new Node(tree.span().name(), seen, TreeText.sameOf(children, tree.children()));
        }
    }

    static TreeText parse(String text) {
        List<Node> roots = new ArrayList<>();
        List<Node> path = new ArrayList<>();
        for (String line : text.stripIndent().lines().toList()) {
            if (line.isBlank()) {
                continue;
            }
            Matcher matcher = LINE.matcher(line);
            int depth = matcher.matches() ? matcher.group(1).length() / 2 : -1;
            if (depth < 0 || depth > path.size() || matcher.group(1).length() % 2 != 0) {
                throw new IllegalArgumentException("This line hangs on nothing: \"" + line
                        + "\". Indent children by two blanks more than their parent");
            }
            Node node = new Node(matcher.group(2), attributes(matcher.group(3)), new ArrayList<>());
            path.subList(depth, path.size()).clear();
            (depth == 0 ? roots : path.get(depth - 1).children()).add(node);
            path.add(node);
        }
        return new TreeText(roots);
    }

    private static Map<String, String> attributes(@Nullable String list) {
        Map<String, String> attributes = new LinkedHashMap<>();
        if (list != null) {
            for (String attribute : split(list)) {
                int equals = attribute.indexOf('=');
                if (equals < 1) {
                    throw new IllegalArgumentException(
                            "This is no attribute: \"" + attribute + "\". Write [key=value, key=value]");
                }
                String key = attribute.substring(0, equals);
                if (attributes.put(key, attribute.substring(equals + 1)) != null) {
                    throw new IllegalArgumentException("\"" + key + "\" stands twice in [" + list + ']');
                }
            }
        }
        return attributes;
    }

    /** At each comma that is not within the brackets of a list or a map. */
    private static List<String> split(String list) {
        List<String> parts = new ArrayList<>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i < list.length(); i++) {
            switch (list.charAt(i)) {
                case '[', '{' -> depth++;
                case ']', '}' -> depth--;
                default -> {
                    if (depth <= 0 && list.startsWith(", ", i)) {
                        parts.add(list.substring(start, i));
                        start = i + 2;
                    }
                }
            }
        }
        parts.add(list.substring(start));
        return parts;
    }

    /** These trees as text, with the attributes that this text has in the same places. */
    String sameOf(List<SpanTree> trees) {
        return new TreeText(sameOf(roots, trees)).toString();
    }

    private static List<Node> sameOf(List<Node> nodes, List<SpanTree> trees) {
        Node nothing = new Node("", Map.of(), List.of());
        List<Node> seen = new ArrayList<>();
        for (int i = 0; i < trees.size(); i++) {
            seen.add((i < nodes.size() ? nodes.get(i) : nothing).sameOf(trees.get(i)));
        }
        return seen;
    }

    /** A hint, or nothing. */
    String nearMiss(Collection<TraceSpan> spans) {
        List<String> hints = new ArrayList<>();
        collectHints(roots, "", spans, hints);
        return String.join(System.lineSeparator(), hints);
    }

    private static void collectHints(List<Node> nodes, String parent, Collection<TraceSpan> spans, List<String> hints) {
        for (Node node : nodes) {
            List<String> parents = spans.stream()
                    .filter(span -> span.name().equals(node.name()))
                    .map(span -> parentName(span, spans))
                    .distinct()
                    .toList();
            if (parents.isEmpty()) {
                hints.add("There is no span named \"" + node.name() + "\"." + similar(node.name(), spans));
            } else if (!parents.contains(parent)) {
                hints.add("\"" + node.name() + "\" is there, but "
                        + parents.stream()
                                .map(name -> name.isEmpty() ? "as a root" : "under \"" + name + '"')
                                .collect(Collectors.joining(" and "))
                        + ".");
            }
            collectHints(node.children(), node.name(), spans, hints);
        }
    }

    private static String parentName(TraceSpan span, Collection<TraceSpan> spans) {
        return spans.stream()
                .filter(other -> other.spanId().equals(span.parentSpanId())
                        && other.traceId().equals(span.traceId()))
                .map(TraceSpan::name)
                .findFirst()
                .orElse("");
    }

    private static String similar(String name, Collection<TraceSpan> spans) {
        return spans.stream()
                .map(TraceSpan::name)
                .filter(other -> other.equalsIgnoreCase(name) || other.contains(name) || name.contains(other))
                .findFirst()
                .map(other -> " But there is \"" + other + "\".")
                .orElse("");
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        append(roots, "", text);
        return text.toString();
    }

    private static void append(List<Node> nodes, String indentation, StringBuilder text) {
        for (Node node : nodes) {
            text.append(indentation).append(node.name());
            if (!node.attributes().isEmpty()) {
                text.append(' ')
                        .append(node.attributes().entrySet().stream()
                                .map(entry -> entry.getKey() + '=' + entry.getValue())
                                .collect(Collectors.joining(", ", "[", "]")));
            }
            text.append('\n');
            append(node.children(), indentation + "  ", text);
        }
    }
}
