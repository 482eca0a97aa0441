package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.AgentTracingBuilder;
import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.agent.HookEvent;
import dev.llmpropagation.agent.SpanNames;
import dev.llmpropagation.agent.ToldModelCall;
import dev.llmpropagation.carrier.EnvelopeCarrier;
import dev.llmpropagation.carrier.EnvironmentCarrier;
import dev.llmpropagation.daemon.BridgeOperation;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.DaemonTelemetryBuilder;
import dev.llmpropagation.daemon.HttpServerFilter;
import dev.llmpropagation.daemon.Routes;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Whatever comes from outside may be null or nonsense: it is left out, and nothing is thrown into a request. Walks all
 * methods that a program calls while it works. What it sets up once has a clear error instead, and so has a function of its
 * own that is null.
 */
class OutsideValuesTest {

    private static final List<String> PACKAGES = List.of("agent", "carrier", "daemon", "session");

    /** A program is set up by these. */
    private static final Set<Class<?>> SETTINGS = Set.of(
            AgentTracingBuilder.class,
            ContentCapture.class,
            SpanNames.class,
            DaemonTelemetryBuilder.class,
            HttpServerFilter.class,
            Routes.class);

    /** Never from outside: the constant that names a step, and what the program is made of. */
    private static final Set<Class<?>> ITS_OWN = Set.of(
            BridgeOperation.class, OpenTelemetry.class, ProcessBuilder.class, TextMapGetter.class, TextMapSetter.class);

    /** What Java makes of each enum, and what OpenTelemetry asks for. */
    private static final Set<String> NOT_OURS = Set.of("valueOf", "equals", "storeInContext");

    private static final AttributeKey<String> KEY = AttributeKey.stringKey("program.key");

    /** For the redaction of the program to shorten and to clean. */
    private static final Set<String> CONTENT = Set.of(
            "gen_ai.input.messages",
            "gen_ai.output.messages",
            "gen_ai.tool.call.arguments",
            "gen_ai.tool.call.result",
            "prompt",
            "function_args");

    private static final List<String> NONSENSE = List.of(
            "",
            " \t",
            "\u0000\r\nX-Forged: 1",
            "\ud800 half",
            "\u202egnp.exe",
            "x".repeat(100_000),
            "00-00000000000000000000000000000000-0000000000000000-zz");

    private final List<String> diagnostics = new CopyOnWriteArrayList<>();
    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final DaemonTelemetry daemon = DaemonTelemetry.builder(telemetry.openTelemetry())
            .diagnostics(diagnostics::add)
            .build();
    private final AgentTracing agent = AgentTracing.builder(telemetry.openTelemetry())
            .diagnostics(diagnostics::add)
            .content(ContentCapture.on().maxLength(1000))
            .build();
    private final List<String> thrown = new ArrayList<>();
    private int calls;

    @Test
    void null_isLeftOut() throws Exception {
        everyMethod((method, made) -> callWithEach(method, made, type -> Arrays.asList((Object) null)));

        assertThat(thrown).isEmpty();
        assertThat(calls).isGreaterThan(100);
        assertThat(diagnostics).noneMatch(line -> line.contains("Exception"));
    }

    @Test
    void nonsense_isLeftOutOrMadeFit() throws Exception {
        everyMethod((method, made) -> callWithEach(method, made, OutsideValuesTest::nonsense));

        assertThat(thrown).isEmpty();
        assertThat(calls).isGreaterThan(300);
        assertThat(diagnostics).noneMatch(line -> line.matches(".*(NullPointer|ClassCast|IllegalArgument).*"));
        List<String> unfit = new ArrayList<>();
        telemetry.spans().forEach(span -> unfit.addAll(unfit(span.getName(), span.getAttributes())));
        telemetry.logs().forEach(log -> unfit.addAll(unfit("a log record", log.getAttributes())));
        telemetry.metrics().forEach(metric -> metric.getData()
                .getPoints()
                .forEach(point -> unfit.addAll(unfit(metric.getName(), point.getAttributes()))));
        assertThat(unfit).isEmpty();
    }

    private void everyMethod(BiConsumer<Method, Supplier<@Nullable Object>> call) throws Exception {
        Map<Class<?>, Supplier<Object>> handles = handles();
        for (Class<?> type : publicClasses()) {
            if (SETTINGS.contains(type)) {
                continue;
            }
            boolean instances = Stream.of(type.getMethods())
                    .anyMatch(
                            method -> method.getDeclaringClass() == type && !Modifier.isStatic(method.getModifiers()));
            assertThat(handles.containsKey(type)
                            || !instances
                            || type.isEnum()
                            || Modifier.isAbstract(type.getModifiers()))
                    .as("%s is neither a setting nor made here", type)
                    .isTrue();
            for (Method method : type.getMethods()) {
                boolean isStatic = Modifier.isStatic(method.getModifiers());
                if (method.getDeclaringClass().getName().startsWith("dev.llmpropagation.")
                        && !method.isBridge()
                        && !NOT_OURS.contains(method.getName())
                        && (isStatic || handles.containsKey(type))) {
                    call.accept(method, isStatic ? () -> null : handles.get(type)::get);
                }
            }
        }
        agent.close();
        daemon.close();
    }

    private Map<Class<?>, Supplier<Object>> handles() {
        Map<Class<?>, Supplier<Object>> handles = new LinkedHashMap<>();
        for (Supplier<Object> make : List.<Supplier<Object>>of(
                () -> daemon,
                () -> daemon.request("POST", "/session"),
                () -> daemon.request("POST", "/session").start(),
                () -> daemon.request("POST", "/session").start().stream(null),
                () -> daemon.bridge(BridgeOperation.PROMPT_DISPATCH),
                () -> daemon.bridge(BridgeOperation.PROMPT_DISPATCH).start(),
                () -> daemon.queued(),
                () -> daemon.channel("child-1"),
                () -> agent,
                () -> agent.interaction("p-1"),
                () -> agent.interaction("p-1").start(),
                () -> agent.tool("search"),
                () -> agent.tool("search").start(),
                () -> agent.tool("search").start().execution(),
                () -> agent.tool("search").start().execution().start(),
                () -> agent.tool("search").start().blockedOnUser(),
                () -> agent.tool("search").start().blockedOnUser().start(),
                () -> agent.hook(HookEvent.PRE_TOOL_USE),
                () -> agent.hook(HookEvent.PRE_TOOL_USE).start(),
                () -> agent.subagent("helper"),
                () -> agent.subagent("helper").start(),
                () -> agent.llmRequest("chat", "openai"),
                () -> agent.llmRequest("chat", "openai").start(),
                () -> EnvelopeCarrier.reference().withBaggage(),
                () -> EnvironmentCarrier.create().withBaggage(),
                () -> LlmSession.of("s-1"),
                () -> ToldModelCall.by(Span.getInvalid()))) {
            handles.put(make.get().getClass(), make);
        }
        return handles;
    }

    /** Each parameter in turn gets each of these values, while the others are what they should be. */
    private void callWithEach(
            Method method, Supplier<@Nullable Object> made, Function<Class<?>, List<@Nullable Object>> values) {
        Class<?>[] types = method.getParameterTypes();
        for (int i = 0; i < types.length; i++) {
            boolean itsOwn = types[i].isPrimitive()
                    || ITS_OWN.contains(types[i])
                    || types[i].isAnnotationPresent(FunctionalInterface.class);
            for (Object value : itsOwn ? List.of() : values.apply(types[i])) {
                @Nullable
                Object[] arguments =
                        Stream.of(types).map(OutsideValuesTest::valid).toArray();
                arguments[i] = value;
                call(method, made.get(), arguments);
            }
        }
    }

    private void call(Method method, @Nullable Object target, @Nullable Object[] arguments) {
        calls++;
        try {
            goOn(method.invoke(target, arguments));
            goOn(target);
        } catch (InvocationTargetException e) {
            thrown.add(method + ": " + e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(method.toString(), e);
        }
    }

    /** What is kept for the start or the end of a span comes to use there. */
    private static void goOn(@Nullable Object result) throws ReflectiveOperationException {
        if (result == null) {
            return;
        }
        Class<?> type = result.getClass();
        if (type.getSimpleName().equals("QueuedPrompt")) {
            goOn(type.getMethod("dispatch").invoke(result));
        } else if (type.getSimpleName().equals("Builder") && !SETTINGS.contains(type)) {
            goOn(type.getMethod("start").invoke(result));
        } else if (result instanceof AutoCloseable
                && !(result instanceof AgentTracing)
                && !(result instanceof DaemonTelemetry)) {
            type.getMethod("close").invoke(result);
        }
    }

    private static @Nullable Object valid(Class<?> type) {
        if (type.isEnum()) {
            return type.getEnumConstants()[0];
        }
        return switch (type.getSimpleName()) {
            case "String" -> "x-1";
            case "Object" -> "value";
            case "boolean" -> true;
            case "int" -> 200;
            case "long" -> 7L;
            case "Long" -> 7L;
            case "List" -> List.of("stop");
            case "Map" -> Map.of("a", "b");
            case "Attributes" -> Attributes.of(KEY, "value");
            case "AttributeKey" -> KEY;
            case "Context" -> Context.root();
            case "Span" -> Span.getInvalid();
            case "Duration" -> Duration.ofMillis(5);
            case "Throwable" -> new IllegalStateException("x");
            case "TextMapGetter" -> GETTER;
            case "TextMapSetter" -> (TextMapSetter<Object>) (carrier, key, value) -> {};
            case "BiConsumer" -> (BiConsumer<Object, String>) (carrier, key) -> {};
            case "Function" -> (Function<Object, Object>) name -> name;
            case "ProcessBuilder" -> new ProcessBuilder("true");
            case "OpenTelemetry" -> OpenTelemetry.noop();
            default -> null;
        };
    }

    private static List<@Nullable Object> nonsense(Class<?> type) {
        return switch (type.getSimpleName()) {
            case "String" -> List.copyOf(NONSENSE);
            case "Long" -> List.of(-1L, Long.MIN_VALUE, Long.MAX_VALUE);
            case "Duration" -> List.of(Duration.ofSeconds(Long.MIN_VALUE), Duration.ofSeconds(Long.MAX_VALUE));
            case "List" -> List.of(List.of(), Arrays.asList("stop", null), NONSENSE);
            case "Map" -> {
                Map<Object, @Nullable Object> odd = new LinkedHashMap<>();
                odd.put(null, null);
                odd.put(7, List.of());
                odd.put("_meta", Arrays.asList(1, null));
                Map<Object, @Nullable Object> nested = new LinkedHashMap<>();
                nested.put("_meta", odd);
                yield List.of(Map.of(), odd, nested);
            }
            case "Throwable" -> List.of(new Endless(), new StackOverflowError());
            default -> List.of();
        };
    }

    private static List<String> unfit(String where, Attributes attributes) {
        List<String> unfit = new ArrayList<>();
        attributes.forEach((key, value) -> {
            for (Object part : value instanceof List<?> list ? list : List.of(value)) {
                String text = String.valueOf(part);
                boolean asItIs = key.equals(KEY)
                        || CONTENT.contains(key.getKey())
                        || key.getKey().startsWith("exception.");
                boolean hidden = text.codePoints()
                        .anyMatch(c -> Character.isISOControl(c)
                                || Character.getType(c) == Character.SURROGATE
                                || Character.getType(c) == Character.FORMAT);
                if ((!asItIs && hidden) || text.length() > atMost(key)) {
                    unfit.add(where + ": " + key + " of " + text.length());
                }
            }
        });
        return unfit;
    }

    /** What the reference says, and the library's bound of content. */
    private static int atMost(AttributeKey<?> key) {
        return Stream.of(Attribute.values())
                .filter(attribute -> attribute.is(key) && attribute.maxLength() > 0)
                .findAny()
                .map(Attribute::maxLength)
                .orElse(key.equals(KEY) ? 100_000 : 1000);
    }

    private static Set<Class<?>> publicClasses() throws IOException, ClassNotFoundException {
        Set<String> names = new TreeSet<>();
        for (String name : PACKAGES) {
            try (Stream<Path> files = Files.list(Path.of("target/classes/dev/llmpropagation", name))) {
                files.map(file -> file.getFileName().toString())
                        .filter(file -> file.endsWith(".class") && !file.equals("package-info.class"))
                        .forEach(file -> names.add("dev.llmpropagation." + name + '.' + file.replace(".class", "")));
            }
        }
        Set<Class<?>> classes = new java.util.LinkedHashSet<>();
        for (String name : names) {
            Class<?> type = Class.forName(name);
            if (Modifier.isPublic(type.getModifiers()) && !type.isInterface()) {
                classes.add(type);
            }
        }
        assertThat(classes).hasSizeGreaterThan(30);
        return classes;
    }

    private static final TextMapGetter<Object> GETTER = new TextMapGetter<>() {
        @Override
        @SuppressWarnings("deprecation") // abstract in the oldest API that we support
        public Iterable<String> keys(Object carrier) {
            return List.of();
        }

        @Override
        public @Nullable String get(@Nullable Object carrier, String key) {
            return carrier == null ? null : carrier.toString();
        }
    };

    /** Its cause is itself, and asking it fails at last. */
    private static final class Endless extends RuntimeException {
        private static final long serialVersionUID = 1;

        @Override
        public synchronized Throwable getCause() {
            throw new IllegalStateException("no cause");
        }
    }
}
