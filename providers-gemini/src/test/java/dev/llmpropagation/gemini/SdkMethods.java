package dev.llmpropagation.gemini;

import com.google.genai.AsyncPager;
import com.google.genai.Client;
import com.google.genai.Pager;
import com.google.genai.ResponseStream;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Every method of the services that can be reached from a client, by its path and the types of its parameters. */
final class SdkMethods {

    /** Some may be asked for on a service of a later SDK alone, so both are found here. */
    private static final int MAX_DEPTH = 4;

    private SdkMethods() {}

    /** What the generated services give to name the arguments one by one; its {@code call()} is their other method. */
    private static boolean isBuilder(Method method) {
        return method.getParameterCount() == 0
                && method.getReturnType().getSimpleName().endsWith("RequestBuilder");
    }

    /** @param service that the method is called on */
    record SdkMethod(Object service, Method method) {

        /** Calls it, and uses what it gives to the end: pages, chunks, and what a future gives. */
        void use(Object[] arguments) throws Exception {
            Object result;
            try {
                result = method.invoke(service, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
            SdkMethods.use(result);
        }
    }

    static Map<String, SdkMethod> of(Object root) throws ReflectiveOperationException {
        Map<String, SdkMethod> methods = new TreeMap<>();
        collect("", root, 0, methods);
        return methods;
    }

    private static void collect(String path, Object service, int depth, Map<String, SdkMethod> methods)
            throws ReflectiveOperationException {
        for (Field field : service.getClass().getFields()) {
            // A client has both kinds of services; each has its own turn.
            if (isOfSdk(field.getType())
                    && !Modifier.isStatic(field.getModifiers())
                    && field.getType() != Client.Async.class
                    && depth < MAX_DEPTH) {
                collect(path + field.getName() + '.', field.get(service), depth + 1, methods);
            }
        }
        for (Method method : service.getClass().getDeclaredMethods()) {
            if (!Modifier.isPublic(method.getModifiers())
                    || Modifier.isStatic(method.getModifiers())
                    || method.isSynthetic()
                    || isBuilder(method)) {
                continue;
            }
            if (isService(method)) {
                if (depth < MAX_DEPTH) {
                    Object[] model = method.getParameterCount() == 0 ? new Object[0] : new Object[] {"m"};
                    collect(path + method.getName() + '.', method.invoke(service, model), depth + 1, methods);
                }
            } else {
                String types = Arrays.stream(method.getParameterTypes())
                        .map(Class::getSimpleName)
                        .collect(Collectors.joining(","));
                methods.put(path + method.getName() + '(' + types + ')', new SdkMethod(service, method));
            }
        }
    }

    /** Whether what it gives has methods that make requests: a chat, or a part of a generated service. */
    private static boolean isService(Method method) {
        String type = method.getReturnType().getSimpleName();
        boolean chat =
                type.endsWith("Chat") && Arrays.equals(method.getParameterTypes(), new Class<?>[] {String.class});
        boolean part = method.getParameterCount() == 0
                && method.getReturnType().getPackageName().equals("com.google.genai.gaos")
                && !method.getName().equals("async")
                && !method.getName().equals("sync");
        return chat || part;
    }

    private static boolean isOfSdk(Class<?> type) {
        return type.getName().startsWith("com.google.genai.");
    }

    private static void use(Object result) throws Exception {
        if (result instanceof CompletableFuture<?> future) {
            use(future.get(20, TimeUnit.SECONDS));
        } else if (result instanceof Pager<?> pager) {
            pager.forEach(item -> {});
        } else if (result instanceof AsyncPager<?> pager) {
            pager.forEach(item -> {}).get(20, TimeUnit.SECONDS);
        } else if (result instanceof ResponseStream<?> stream) {
            stream.forEach(chunk -> {});
            stream.close();
        } else if (result instanceof AutoCloseable open) {
            open.close();
        }
    }
}
