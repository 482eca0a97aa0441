package dev.llmpropagation.openai;

import static java.util.Objects.requireNonNull;

import com.openai.core.ClientOptions;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.HttpResponseFor;
import dev.llmpropagation.internal.http.LogicalCall;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.context.Scope;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Stands before a client or service of the SDK and knows who calls, before the SDK changes threads. Carries the caller
 * to the steps of the request and the program's cancel to the wire; all else is the SDK's. Thread-safe.
 */
final class Facade implements InvocationHandler {

    private final ServiceType type;
    private final Object delegate;
    private final Transport transport;
    private final Derivation.Settings settings;
    private final @Nullable Plain plain;
    // The SDK gives the same service each time too.
    private final ConcurrentMap<Method, Object> services = new ConcurrentHashMap<>();

    /** The facade of the same service that gives no raw responses: what is parsed from one of those has it. */
    private interface Plain {
        Object service() throws Throwable;
    }

    /** @param plain null if this is the plain one itself */
    private Facade(ServiceType type, Object delegate, Derivation.Settings settings, @Nullable Plain plain) {
        this.type = type;
        this.delegate = delegate;
        this.settings = settings;
        this.transport = settings.transport();
        this.plain = plain;
    }

    /** The facade of a client that was built on this transport. */
    static <T> T of(Class<T> type, T client, Transport transport) {
        try {
            return type.cast(derived(ServiceType.of(type), client, transport, null, options -> {}, null));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            Throwables.propagateIfFatal(e);
            throw new IllegalStateException("The SDK could not derive a client", e);
        }
    }

    @Override
    public @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        return switch (type.kind(method)) {
            case OBJECT -> ofObject(method, arguments);
            case WITH_OPTIONS -> derived(modifier(arguments));
            case SERVICE -> service(self, method, arguments);
            case CLOSE -> close(method);
            case FUTURE -> future(self, method, arguments);
            case STREAM -> stream(method, arguments);
            case CONNECTION -> connection(method, arguments);
            case CALL -> call(self, method, arguments);
        };
    }

    Transport transport() {
        return transport;
    }

    private @Nullable Object call(Object self, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        LogicalCall call = new LogicalCall(transport.current().caller());
        Scope scope = transport.current().set(call.caller().with(call));
        try {
            Object result = ServiceType.call(delegate, method, arguments);
            CallResponse.handOver(result, call);
            return adopted(result, self, call);
        } catch (Throwable e) {
            call.finished(e);
            throw CancelledCalls.translated(e, call);
        } finally {
            transport.current().restore(scope);
        }
    }

    @SuppressWarnings("unchecked") // a future of anything
    private CompletableFuture<@Nullable Object> future(
            Object self, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
        LogicalCall call = new LogicalCall(transport.current().caller());
        String id = transport.calls().register(call);
        CompletableFuture<@Nullable Object> future =
                (CompletableFuture<@Nullable Object>) carried(call, id, method, arguments);
        return CallFuture.of(
                future,
                call,
                transport.current(),
                (result, failure) -> settled(result, failure, call, id),
                result -> adopted(result, self, call));
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the stage only passes things on
    private AsyncStreamResponse<?> stream(Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
        LogicalCall call = new LogicalCall(transport.current().caller());
        String id = transport.calls().register(call);
        AsyncStreamResponse<?> stream = (AsyncStreamResponse<?>) carried(call, id, method, arguments);
        if (ServiceType.isKnownByItsClass(stream.getClass())) {
            // The call stays registered: what the stream still sends belongs to it, to the last request.
            stream.onCompleteFuture().whenComplete((nothing, failure) -> call.finished(failure));
            return stream;
        }
        return new CallStream<>(stream, call, transport, id, settings.streamHandlers());
    }

    private Object connection(Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
        LogicalCall call = new LogicalCall(transport.current().caller());
        Object connection = carried(call, transport.calls().register(call), method, arguments);
        transport.opened(connection, call);
        return connection;
    }

    /** Calls by a service whose requests say whose call they are, on whatever thread they are sent. */
    private Object carried(LogicalCall call, String id, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        try {
            String header = transport.calls().headers().call();
            @Nullable Object[] carriers = ParamsHeaders.with(header, id, arguments);
            Object result = carriers != null
                    ? ServiceType.call(delegate, method, carriers)
                    : ServiceType.call(
                            type.withOptions(delegate, options -> options.replaceHeaders(header, id)
                                    .streamHandlerExecutor(handlersOf(call))),
                            method,
                            arguments);
            if (result == null) {
                throw new IllegalStateException("The SDK gave nothing for " + method.getName());
            }
            return result;
        } catch (Throwable e) {
            transport.calls().remove(id);
            call.finished(e);
            throw CancelledCalls.translated(e, call);
        }
    }

    private void settled(@Nullable Object result, @Nullable Throwable failure, LogicalCall call, String id) {
        try {
            call.finished(failure);
        } finally {
            if (result != null && ServiceType.isConnection(result.getClass())) {
                transport.opened(result, call);
            } else {
                transport.calls().remove(id);
            }
        }
    }

    /** Holds the call, so that it lives as long as the SDK has a request of it, or a page or stream that runs handlers here. */
    private Executor handlersOf(LogicalCall call) {
        Executor handlers = settings.streamHandlers();
        return task -> handlers.execute(transport.current().wrap(call.caller(), task));
    }

    private @Nullable Object adopted(@Nullable Object result, Object self, LogicalCall call) {
        Executor executor = handlersOf(call);
        if (result instanceof HttpResponseFor<?> response) {
            return new RawResponse<>(response, call, parsed -> adoptedOfRaw(parsed, call, executor));
        }
        return CallResponse.isFor(result) ? CallResponse.of(result, call) : Pages.adopted(result, self, executor);
    }

    private @Nullable Object adoptedOfRaw(@Nullable Object parsed, LogicalCall call, Executor executor) {
        if (CallResponse.isFor(parsed)) {
            return CallResponse.of(parsed, call);
        }
        if (plain == null) {
            return parsed;
        }
        Object service;
        try {
            service = plain.service();
        } catch (Throwable e) { // then the page is the SDK's own, as its next ones are
            Throwables.propagateIfFatal(e);
            return parsed;
        }
        return Pages.adopted(parsed, service, executor);
    }

    private Object service(Object self, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
        Object known = services.get(method);
        if (known != null) {
            return known;
        }
        Object service = ServiceType.call(delegate, method, arguments);
        Object facade = object(ServiceType.of(method.getReturnType()), service, settings, plainOf(self, method));
        Object raced = services.putIfAbsent(method, facade);
        return raced != null ? raced : facade;
    }

    private @Nullable Plain plainOf(Object self, Method method) {
        if (method.getName().equals("withRawResponse")) {
            return () -> self;
        }
        Plain own = plain;
        return own == null
                ? null
                : () -> {
                    Object service = own.service();
                    return requireNonNull(
                            ServiceType.call(service, of(service).type.type().getMethod(method.getName())));
                };
    }

    private Object derived(Consumer<ClientOptions.Builder> modifier) throws Throwable {
        Plain own = plain;
        return derived(
                type,
                delegate,
                transport,
                settings.httpClient(),
                modifier,
                own == null ? null : () -> of(own.service()).derived(modifier));
    }

    /** The facade behind what the program has. */
    static Facade of(Object object) {
        return requireNonNull(FacadeClass.facadeOf(object), "no facade");
    }

    private @Nullable Object close(Method method) throws Throwable {
        try {
            return ServiceType.call(delegate, method);
        } finally {
            transport.release();
        }
    }

    private @Nullable Object ofObject(Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
        return switch (method.getName()) {
            case "equals" -> arguments != null && isSame(arguments[0]);
            case "hashCode" -> hashCodeOfService();
            case "toString" -> describe();
            default -> ServiceType.call(delegate, method, arguments);
        };
    }

    /** Whether it is a facade of the same service. */
    boolean isSame(@Nullable Object other) {
        Facade facade = FacadeClass.facadeOf(other);
        return facade != null && facade.delegate == delegate;
    }

    int hashCodeOfService() {
        return System.identityHashCode(delegate);
    }

    String describe() {
        return type.type().getSimpleName() + " with trace context";
    }

    @SuppressWarnings("unchecked") // the parameter of withOptions
    private static Consumer<ClientOptions.Builder> modifier(@Nullable Object @Nullable [] arguments) {
        return (Consumer<ClientOptions.Builder>) requireNonNull(arguments)[0];
    }

    private static Object derived(
            ServiceType type,
            Object delegate,
            Transport transport,
            @Nullable Object httpClient,
            Consumer<ClientOptions.Builder> modifier,
            @Nullable Plain plain)
            throws Throwable {
        Derivation derivation = new Derivation(transport, httpClient, modifier);
        Object derived = type.withOptions(delegate, derivation);
        Derivation.Settings settings = derivation.settings();
        return settings == null ? derived : object(type, derived, settings, plain);
    }

    private static Object object(
            ServiceType type, @Nullable Object delegate, Derivation.Settings settings, @Nullable Plain plain)
            throws Throwable {
        return type.facadeClass().instance(new Facade(type, requireNonNull(delegate), settings, plain));
    }
}
