package dev.llmpropagation.openai;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.core.ClientOptions;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.HttpResponse;
import com.openai.core.http.StreamResponse;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What each method of a client's or service's interface is, found once per interface. Immutable. */
final class ServiceType {

    /** What a method does, by its shape. */
    enum Kind {
        /** Of {@link Object}. */
        OBJECT,
        /** Derives a client or service. */
        WITH_OPTIONS,
        /** Gives another client or service. */
        SERVICE,
        /** Releases the client. */
        CLOSE,
        /** Calls and gives a future. */
        FUTURE,
        /** Calls and gives a stream that pushes. */
        STREAM,
        /** Opens a WebSocket, on other threads, while the caller waits. */
        CONNECTION,
        /** Calls, or only computes, on the caller's thread. */
        CALL
    }

    private static final ClassValue<ServiceType> TYPES = new ClassValue<>() {
        @Override
        protected ServiceType computeValue(Class<?> type) {
            return new ServiceType(type);
        }
    };

    private final Class<?> type;
    private final Method withOptions;
    private final Map<Method, Kind> kinds = new HashMap<>();
    private final FacadeClass facadeClass;

    private ServiceType(Class<?> type) {
        this.type = type;
        Method modifier = withOptionsOf(type);
        if (modifier == null) {
            throw new IllegalArgumentException(type + " is no client or service");
        }
        this.withOptions = modifier;
        for (Method method : type.getMethods()) {
            kinds.put(method, kindOf(type, method));
        }
        this.facadeClass = FacadeClass.of(type);
    }

    static ServiceType of(Class<?> type) {
        return TYPES.get(type);
    }

    /** Whether this is the interface of a client or service, or of its raw responses. */
    static boolean isService(Class<?> type) {
        return type.isInterface() && withOptionsOf(type) != null;
    }

    /** Whether results of this class are WebSockets: what is closed and is no response. */
    static boolean isConnection(Class<?> result) {
        return AutoCloseable.class.isAssignableFrom(result)
                && !HttpResponse.class.isAssignableFrom(result)
                && !StreamResponse.class.isAssignableFrom(result);
    }

    /** Whether helpers of the SDK may look for streams of this class: then the program must get one as it is. */
    static boolean isKnownByItsClass(Class<?> stream) {
        return !stream.getPackageName().equals(StreamResponse.class.getPackageName());
    }

    Class<?> type() {
        return type;
    }

    FacadeClass facadeClass() {
        return facadeClass;
    }

    Kind kind(Method method) {
        return kinds.getOrDefault(method, Kind.OBJECT);
    }

    Object withOptions(Object service, Consumer<ClientOptions.Builder> modifier) throws Throwable {
        Object derived = call(service, withOptions, modifier);
        if (derived == null) {
            throw new IllegalStateException("withOptions of the SDK gave nothing");
        }
        return derived;
    }

    static @Nullable Object call(Object target, Method method, @Nullable Object @Nullable ... arguments)
            throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }

    private static @Nullable Method withOptionsOf(Class<?> type) {
        try {
            return type.getMethod("withOptions", Consumer.class);
        } catch (NoSuchMethodException e) {
            return null;
        }
    }

    private static Kind kindOf(Class<?> owner, Method method) {
        Class<?> result = method.getReturnType();
        if (method.getName().equals("withOptions")) {
            return Kind.WITH_OPTIONS;
        }
        if (isService(result)) {
            return Kind.SERVICE;
        }
        if (CompletableFuture.class.isAssignableFrom(result)) {
            return Kind.FUTURE;
        }
        if (AsyncStreamResponse.class.isAssignableFrom(result)) {
            return Kind.STREAM;
        }
        if (method.getName().equals("close") && (owner == OpenAIClient.class || owner == OpenAIClientAsync.class)) {
            return Kind.CLOSE;
        }
        return isConnection(result) ? Kind.CONNECTION : Kind.CALL;
    }
}
