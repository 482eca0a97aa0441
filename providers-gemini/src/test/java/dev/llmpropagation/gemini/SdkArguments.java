package dev.llmpropagation.gemini;

import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.genai.types.AutomaticFunctionCallingConfig;
import com.google.genai.types.BatchJobSource;
import com.google.genai.types.Content;
import com.google.genai.types.File;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GeneratedVideo;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.Part;
import com.google.genai.types.RawReferenceImage;
import com.google.genai.types.ReferenceImage;
import com.google.genai.types.Tool;
import com.google.genai.types.UploadFileConfig;
import com.google.genai.types.UploadToFileSearchStoreConfig;
import com.google.genai.types.Video;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Something for each parameter of the SDK's methods, by its type: enough to make the method send its requests. */
final class SdkArguments {

    private static final int MAX_DEPTH = 6;

    private final Path folder;

    /** @param folder for files to upload and to download into */
    SdkArguments(Path folder) {
        this.folder = folder;
    }

    /** A function that the SDK calls for the model. */
    public static String now() {
        return "noon";
    }

    Object[] of(Method method) {
        Type[] types = method.getGenericParameterTypes();
        Object[] arguments = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            arguments[i] = types[i] == String.class ? text(method, i) : value(types[i], 0);
        }
        return arguments;
    }

    private String text(Method method, int index) {
        String name = method.getName();
        if (name.startsWith("upload") && index == method.getParameterCount() - 2) {
            return upload().toString();
        }
        if (name.equals("download") && index == 1) {
            return folder.resolve("downloaded").toString();
        }
        if (method.getDeclaringClass().getSimpleName().endsWith("Batches")) {
            return "batches/1";
        }
        return name.equals("downloadMedia") ? "https://host.example/v1beta/stores/1/media/1" : "files/1";
    }

    private Object value(Type type, int depth) {
        if (type instanceof ParameterizedType parameterized) {
            Class<?> raw = (Class<?>) parameterized.getRawType();
            if (raw == Optional.class) {
                return Optional.empty();
            }
            return raw == Map.class ? Map.of() : List.of(value(parameterized.getActualTypeArguments()[0], depth + 1));
        }
        return type instanceof Class<?> plain ? value(plain, depth) : operation();
    }

    private Object value(Class<?> type, int depth) {
        if (type == String.class) {
            return "gs://bucket/file";
        } else if (type == boolean.class || type == Boolean.class) {
            return false;
        } else if (type == long.class || type == Long.class) {
            return 3L;
        } else if (type == int.class || type == Integer.class) {
            return 3;
        } else if (type == double.class || type == Double.class) {
            return 1.0;
        } else if (type == byte[].class) {
            return bytes();
        } else if (type == InputStream.class) {
            return new ByteArrayInputStream(bytes());
        } else if (type == java.io.File.class) {
            return upload().toFile();
        } else if (type == GoogleCredentials.class) {
            return credentials();
        } else if (type == Content.class) {
            return Content.fromParts(Part.fromText("hi"));
        } else if (type == GenerateContentConfig.class) {
            return callingFunctions();
        } else if (type == UploadFileConfig.class) {
            return UploadFileConfig.builder().mimeType("text/plain").build();
        } else if (type == UploadToFileSearchStoreConfig.class) {
            return UploadToFileSearchStoreConfig.builder()
                    .mimeType("text/plain")
                    .build();
        } else if (type == Path.class) {
            return folder.resolve("downloaded");
        } else if (type == BatchJobSource.class) {
            return BatchJobSource.builder().fileName("files/1").build();
        } else if (type == ReferenceImage.class) {
            return RawReferenceImage.builder().build();
        } else if (type == File.class) {
            return File.builder().name("files/1").build();
        } else if (type == Video.class) {
            return video();
        } else if (type == GeneratedVideo.class) {
            return GeneratedVideo.builder().video(video()).build();
        } else if (type.getSimpleName().endsWith("Config")
                && type.getPackageName().endsWith(".types")) {
            return null; // the SDK allows it
        }
        return built(type, depth);
    }

    static GoogleCredentials credentials() {
        return GoogleCredentials.create(
                new AccessToken("token", Date.from(Instant.now().plusSeconds(3600))));
    }

    private static GenerateContentConfig callingFunctions() {
        try {
            return GenerateContentConfig.builder()
                    .tools(Tool.builder().functions(SdkArguments.class.getMethod("now")))
                    .automaticFunctionCalling(
                            AutomaticFunctionCallingConfig.builder().maximumRemoteCalls(3))
                    .httpOptions(HttpOptions.builder().headers(Map.of("own", "1")))
                    .build();
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
    }

    private static Video video() {
        return Video.builder()
                .uri("https://host.example/v1beta/files/1:download?alt=media")
                .build();
    }

    private static byte[] bytes() {
        return "abc".getBytes(StandardCharsets.UTF_8);
    }

    private Path upload() {
        try {
            return Files.write(folder.resolve("upload.txt"), bytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Object operation() {
        return com.google.genai.types.GenerateVideosOperation.builder()
                .name("operations/1")
                .build();
    }

    /** By its builder, a factory method or its shortest constructor. */
    private Object built(Class<?> type, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("Too deep: " + type);
        }
        if (type.isEnum()) {
            return type.getEnumConstants()[0];
        }
        if (type.isInterface()) { // one form of many, of which the SDK writes what it finds
            return Proxy.newProxyInstance(
                    type.getClassLoader(),
                    new Class<?>[] {type},
                    (proxy, method, arguments) -> method.getReturnType() == String.class ? "form" : null);
        }
        try {
            return byBuilder(type, type.getSimpleName().endsWith("Operation"), depth);
        } catch (ReflectiveOperationException | RuntimeException e) {
            try {
                return byBuilder(type, true, depth);
            } catch (ReflectiveOperationException | RuntimeException again) {
                return constructed(type, depth);
            }
        }
    }

    /** @param filled whether to say what is a text or bytes */
    private Object byBuilder(Class<?> type, boolean filled, int depth) throws ReflectiveOperationException {
        Object builder = type.getMethod("builder").invoke(null);
        // The builder's own class is hidden.
        Class<?> visible = type.getMethod("builder").getReturnType();
        for (Method setter : visible.getMethods()) {
            Class<?>[] parameters = setter.getParameterTypes();
            if (filled
                    && setter.getReturnType() == visible
                    && parameters.length == 1
                    && (parameters[0] == String.class || parameters[0] == byte[].class)
                    && !setter.getName().equals("apiVersion")) {
                setter.invoke(
                        builder, setter.getName().equals("name") ? "operations/1" : value(parameters[0], depth + 1));
            }
        }
        return visible.getMethod("build").invoke(builder);
    }

    private Object constructed(Class<?> type, int depth) {
        RuntimeException failure = new IllegalArgumentException("Nothing makes one of " + type);
        for (Method factory : type.getMethods()) {
            if (Modifier.isStatic(factory.getModifiers())
                    && factory.getName().equals("of")
                    && factory.getParameterCount() == 1) {
                try {
                    return factory.invoke(null, value(factory.getGenericParameterTypes()[0], depth + 1));
                } catch (ReflectiveOperationException | RuntimeException e) {
                    failure.addSuppressed(e);
                }
            }
        }
        Constructor<?>[] constructors = type.getConstructors();
        Arrays.sort(constructors, Comparator.comparingInt(Constructor::getParameterCount));
        for (Constructor<?> constructor : constructors) {
            try {
                Object[] arguments = Arrays.stream(constructor.getGenericParameterTypes())
                        .map(parameter -> value(parameter, depth + 1))
                        .toArray();
                return constructor.newInstance(arguments);
            } catch (ReflectiveOperationException | RuntimeException e) {
                failure.addSuppressed(e);
            }
        }
        throw failure;
    }
}
