package dev.llmpropagation.gemini;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Every method of the SDK's services either asks a model for something, and then its request is known as a model call, or
 * it is excused here. A newer SDK with a method that is neither fails this test: look at what it sends, and decide.
 */
class ModelMethodsTest {

    /** Known by their paths, see {@code ModelCall}. */
    private static final Set<String> MODEL_CALLS = Set.of(
            "Models.generateContent",
            "Models.generateContentStream",
            "Models.embedContent",
            "Chat.sendMessage",
            "Chat.sendMessageStream",
            "Decisions.create",
            "Interactions.create");

    /** They look at what is there, or change it, whatever the service. */
    private static final Pattern READS_OR_MANAGES =
            Pattern.compile("(get|list|delete|update|cancel|download|upload|register|rotate)\\w*|close|async|sync");

    /** Why not, and what. */
    private static final Map<String, String> EXCUSED = Map.ofEntries(
            Map.entry("the convention has no operation for pictures, and megabytes of them are not read", """
                    Models generateImages editImage upscaleImage recontextImage segmentImage
                    """),
            Map.entry("it counts, and makes nothing", """
                    Models countTokens computeTokens
                    """),
            Map.entry("it starts a job, and what the job used is known hours later", """
                    Models generateVideos
                    Batches create createEmbeddings
                    Tunings tune
                    Triggers create run
                    """),
            Map.entry("a connection that lasts, of which the handshake is an attempt", """
                    Live connect
                    Session sendClientContent sendRealtimeInput sendToolResponse sendContextUpdate receive sessionId
                    Session setupComplete
                    """),
            Map.entry("it sends nothing", """
                    Chats create
                    Client vertexAI enterprise project location apiKey
                    """),
            Map.entry("it stores something, or gives a key", """
                    Agents create
                    Caches create
                    Credentials create
                    Environments createEnvironment files internal
                    FileSearchStores create importFile
                    Tokens create
                    Voices create
                    Webhooks create ping
                    """));

    /** Not reached by a field of the client, but by what its methods give. */
    private static final List<String> GIVEN =
            List.of("com.google.genai.Chat", "com.google.genai.AsyncChat", "com.google.genai.AsyncSession");

    @Test
    void everyMethodOfTheSdk_isAModelCallOrExcused() throws ClassNotFoundException {
        Set<String> known = new TreeSet<>(MODEL_CALLS);
        EXCUSED.values().forEach(text -> known.addAll(methods(text)));
        Map<String, String> unknown = new TreeMap<>();
        Set<String> seen = new TreeSet<>();
        for (Class<?> service : services()) {
            String name = service.getSimpleName().replaceFirst("^Async", "");
            for (Method method : service.getDeclaredMethods()) {
                if (!Modifier.isPublic(method.getModifiers())
                        || Modifier.isStatic(method.getModifiers())
                        || method.isSynthetic()
                        || READS_OR_MANAGES.matcher(method.getName()).matches()) {
                    continue;
                }
                String full = name + "." + method.getName();
                seen.add(full);
                if (!known.contains(full)) {
                    unknown.put(full, method.toString());
                }
            }
        }

        assertThat(unknown)
                .as("methods of this SDK that nobody has looked at: is it a model call?")
                .isEmpty();
        assertThat(seen).contains("Models.generateContent", "Chat.sendMessage").hasSizeGreaterThan(15);
    }

    private static Set<Class<?>> services() throws ClassNotFoundException {
        Set<Class<?>> seen = new LinkedHashSet<>();
        Deque<Class<?>> left = new ArrayDeque<>(List.of(Client.class));
        for (String given : GIVEN) {
            left.add(Class.forName(given));
        }
        while (!left.isEmpty()) {
            Class<?> type = left.poll();
            if (seen.add(type)) {
                for (Field field : type.getFields()) {
                    if (!Modifier.isStatic(field.getModifiers())
                            && field.getType().getName().startsWith("com.google.genai.")) {
                        left.add(field.getType());
                    }
                }
            }
        }
        return seen;
    }

    /** Each line is a service and methods of it. */
    private static Set<String> methods(String text) {
        return text.lines()
                .map(line -> line.trim().split(" "))
                .flatMap(words -> Arrays.stream(words).skip(1).map(method -> words[0] + "." + method))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
