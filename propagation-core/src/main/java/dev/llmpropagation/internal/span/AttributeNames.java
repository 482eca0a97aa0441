package dev.llmpropagation.internal.span;

import io.opentelemetry.api.common.AttributeKey;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which names of {@link Attribute} belong to which spans and conventions, and which of them a program may use. */
public final class AttributeNames {

    private static final String OWN_NAMESPACE = "llm_propagation.";

    /** Those of conventions, and those of whom the reference names are. */
    private static final List<String> NAMESPACES = List.of(
            OWN_NAMESPACE,
            "qwen-code.",
            "gen_ai.",
            "openai.",
            "server.",
            "session.",
            "error.",
            "http.",
            "exception.",
            "mcp.",
            "jsonrpc.",
            "rpc.",
            "network.");

    private static final Map<AttributeKey<?>, AttributeKey<?>> NAMESPACED = Arrays.stream(Attribute.values())
            .filter(attribute -> NAMESPACES.stream().noneMatch(attribute.key().getKey()::startsWith))
            .collect(Collectors.toUnmodifiableMap(
                    Attribute::key,
                    attribute -> Attribute.key(
                            OWN_NAMESPACE + attribute.key().getKey(),
                            attribute.key().getType())));

    static final Set<Attribute> CONTENT = Collections.unmodifiableSet(EnumSet.of(
            Attribute.SYSTEM_INSTRUCTIONS,
            Attribute.INPUT_MESSAGES,
            Attribute.TOOL_DEFINITIONS,
            Attribute.OUTPUT_MESSAGES,
            Attribute.TOOL_ARGUMENTS,
            Attribute.TOOL_RESULT));

    // What conventions called content before; others write it in parts, as gen_ai.prompt.0.content.
    private static final List<String> EARLIER_CONTENT = List.of("gen_ai.prompt", "gen_ai.completion");

    // A tool, say, may have a server of its own.
    private static final Set<String> OF_AGENTS = Stream.concat(
                    names(CONTENT::contains),
                    names(attribute -> attribute != Attribute.SERVER_ADDRESS
                            && attribute != Attribute.SERVER_PORT
                            && attribute.spans.stream().anyMatch(SpanType::isOfAnAgent)))
            .flatMap(name -> Stream.of(name, OWN_NAMESPACE + name))
            .collect(Collectors.toUnmodifiableSet());

    // With their types: metrics count what some of them say.
    private static final Set<AttributeKey<?>> OF_A_CALL = Arrays.stream(Attribute.values())
            .filter(attribute -> attribute.spans.contains(SpanType.LLM_REQUEST))
            .<AttributeKey<?>>map(Attribute::key)
            .filter(key -> Stream.of(
                            "gen_ai.request.",
                            "gen_ai.response.",
                            "gen_ai.usage.",
                            "gen_ai.embeddings.",
                            "gen_ai.operation.name",
                            "gen_ai.provider.name",
                            "gen_ai.output.type",
                            "gen_ai.conversation.compacted",
                            "openai.",
                            "server.",
                            "llm_propagation.attempts")
                    .anyMatch(key.getKey()::startsWith))
            .collect(Collectors.toUnmodifiableSet());

    // Asked for each attribute of a call, which that of Set.of does with a division.
    private static final Set<String> ONLY_LATER =
            names(attribute -> !attribute.isOf(Convention.EARLIER)).collect(Collectors.toCollection(HashSet::new));

    private AttributeNames() {}

    /** Names of the attributes that meet this. */
    public static Stream<String> names(Predicate<Attribute> which) {
        return Arrays.stream(Attribute.values())
                .filter(which)
                .map(attribute -> attribute.key().getKey());
    }

    /**
     * Whether the program may set this on a span of an agent: no name of the library's, and none that holds content. If
     * not, it is told.
     */
    public static boolean admits(AttributeKey<?> key, Instrumentation instrumentation) {
        String name = key.getKey();
        String refused = OF_AGENTS.contains(name) ? name : earlierContent(name);
        if (refused == null) {
            return true;
        }
        instrumentation
                .diagnostics()
                .report("The attribute " + refused + " is this library's to set; the program's is left out", null);
        return false;
    }

    private static @Nullable String earlierContent(String name) {
        if (name.equals(Attribute.PROMPT_NAME.key().getKey())) {
            return null;
        }
        for (String content : EARLIER_CONTENT) {
            if (name.equals(content) || (name.startsWith(content) && name.charAt(content.length()) == '.')) {
                return content;
            }
        }
        return null;
    }

    /** Whether an attribute of this name may be written with this set of names. */
    public static boolean isOf(Convention convention, String name) {
        return convention != Convention.EARLIER || !ONLY_LATER.contains(name);
    }

    /** Whether an attribute of this name and type tells of a model call: what is asked, answered and used. */
    public static boolean isOfACall(AttributeKey<?> key) {
        return OF_A_CALL.contains(key);
    }

    /** The same, within the library's own namespace if it is in none: with the names of the conventions. */
    @SuppressWarnings("unchecked") // of the same type
    public static <T> AttributeKey<T> namespaced(AttributeKey<T> key) {
        return (AttributeKey<T>) NAMESPACED.getOrDefault(key, key);
    }
}
