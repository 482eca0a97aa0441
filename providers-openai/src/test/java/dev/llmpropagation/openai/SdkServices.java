package dev.llmpropagation.openai;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

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

    /** Every class of the SDK but those of documents. */
    static List<Class<?>> classes() throws Exception {
        List<Class<?>> classes = new ArrayList<>();
        URL jar = OpenAIClient.class.getProtectionDomain().getCodeSource().getLocation();
        try (JarFile file = new JarFile(Path.of(jar.toURI()).toFile())) {
            for (JarEntry entry : Collections.list(file.entries())) {
                String name = entry.getName();
                if (name.endsWith(".class") && name.startsWith("com/openai/") && !name.contains("/models/")) {
                    String type =
                            name.substring(0, name.length() - ".class".length()).replace('/', '.');
                    classes.add(Class.forName(type, false, OpenAIClient.class.getClassLoader()));
                }
            }
        }
        return classes;
    }

    static List<Method> instanceMethods(Class<?> service) {
        return Arrays.stream(service.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .toList();
    }
}
