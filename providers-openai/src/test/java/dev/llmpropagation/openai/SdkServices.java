package dev.llmpropagation.openai;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Every interface of clients and services that a program can reach from a client of the SDK. */
final class SdkServices {

    private SdkServices() {}

    static Set<Class<?>> all() {
        Set<Class<?>> seen = new LinkedHashSet<>();
        Deque<Class<?>> left = new ArrayDeque<>(List.of(OpenAIClient.class, OpenAIClientAsync.class));
        while (!left.isEmpty()) {
            Class<?> type = left.poll();
            if (seen.add(type)) {
                for (Method method : instanceMethods(type)) {
                    String name = method.getReturnType().getName();
                    if (name.startsWith("com.openai.services.") || name.startsWith("com.openai.client.")) {
                        left.add(method.getReturnType());
                    }
                }
            }
        }
        return seen;
    }

    static List<Method> instanceMethods(Class<?> service) {
        return Arrays.stream(service.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .toList();
    }
}
