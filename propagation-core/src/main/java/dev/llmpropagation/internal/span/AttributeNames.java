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

/** Which names of {@link Attribute} are of what, and which of them a program may use. */
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

    // A tool, say, may have a server of its own.
    private static final Set<String> OF_AGENTS = Stream.concat(
                    names(CONTENT::contains),
                    names(attribute -> attribute != Attribute.SERVER_ADDRESS
                            && attribute != Attribute.SERVER_PORT
                            && attribute.spans.stream().anyMatch(SpanType::isOfAnAgent)))
            .flatMap(name -> Stream.of(name, OWN_NAMESPACE + name))
            .collect(Collectors.toUnmodifiableSet());

    private static final Set<String> OF_A_CALL = names(attribute -> attribute.spans.contains(SpanType.LLM_REQUEST))
            .filter(name -> Stream.of(
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
                    .anyMatch(name::startsWith))
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
        if (!OF_AGENTS.contains(name)) {
            return true;
        }
        instrumentation
                .diagnostics()
                .report("The attribute " + name + " is this library's to set; the program's is left out", null);
        return false;
    }

    /** Whether an attribute of this name may be written with this set of names. */
    public static boolean isOf(Convention convention, String name) {
        return convention != Convention.EARLIER || !ONLY_LATER.contains(name);
    }

    /** Whether an attribute of this name tells of a model call: what is asked, answered and used. */
    public static boolean isOfACall(String name) {
        return OF_A_CALL.contains(name);
    }

    /** The same, within the library's own namespace if it is in none: with the names of the conventions. */
    @SuppressWarnings("unchecked") // of the same type
    public static <T> AttributeKey<T> namespaced(AttributeKey<T> key) {
        return (AttributeKey<T>) NAMESPACED.getOrDefault(key, key);
    }
}
