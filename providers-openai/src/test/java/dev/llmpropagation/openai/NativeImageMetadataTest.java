package dev.llmpropagation.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.client.okhttp.OpenAIOkHttpClientAsync;
import com.openai.core.ClientOptions;
import com.openai.core.Page;
import com.openai.core.PageAsync;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * GraalVM is told what is found by reflection. {@code -Dtest.args=-Dmetadata.write=true} writes the file anew, for the SDK
 * in use; without it the file must name all that this SDK has, so a newer one that brings more fails here.
 */
class NativeImageMetadataTest {

    private static final Path FILE = Path.of(
            "src/main/resources/META-INF/native-image/dev.llmpropagation/providers-openai/reachability-metadata.json");
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void metadata_namesEveryProxyAndEveryReflectiveMember() throws Exception {
        List<Map<String, Object>> needed = needed();
        if (Boolean.getBoolean("metadata.write")) {
            Files.createDirectories(FILE.getParent());
            List<String> lines = new ArrayList<>();
            for (Map<String, Object> entry : needed) {
                lines.add(JSON.writeValueAsString(entry));
            }
            Files.writeString(FILE, "{\"reflection\":[\n" + String.join(",\n", lines) + "\n]}\n");
        }
        List<JsonNode> told = new ArrayList<>();
        JSON.readTree(FILE.toFile()).path("reflection").forEach(told::add);
        assertThat(told)
                .containsAll(needed.stream()
                        .map(entry -> JSON.<JsonNode>valueToTree(entry))
                        .toList());
        assertThat(needed).hasSizeGreaterThan(300);
    }

    @Test
    void metadata_namesWhatSdkInternalsHolds() throws Exception {
        String file = Files.readString(FILE);
        int fields = 0;
        for (Field constant : SdkInternals.class.getDeclaredFields()) {
            if (constant.getType() == Field.class) {
                constant.setAccessible(true);
                Field field = (Field) constant.get(null);
                assertThat(field).as("%s", constant.getName()).isNotNull();
                assertThat(JSON.readTree(file).path("reflection"))
                        .as("%s", field)
                        .anySatisfy(entry -> {
                            assertThat(entry.path("type").asText())
                                    .isEqualTo(field.getDeclaringClass().getName());
                            assertThat(entry.path("fields").findValuesAsText("name"))
                                    .contains(field.getName());
                        });
                fields++;
            }
        }
        assertThat(fields).isPositive();
    }

    /** Interfaces that {@link Facade} is a proxy of and calls by reflection; members that {@link SdkInternals} and {@link Pages} ask for. */
    private static List<Map<String, Object>> needed() {
        List<Map<String, Object>> needed = new ArrayList<>();
        TreeMap<String, Class<?>> services = new TreeMap<>();
        SdkServices.all().forEach(service -> services.put(service.getName(), service));
        services.forEach((name, service) -> {
            needed.add(entry(Map.of("proxy", List.of(name)), Map.of()));
            needed.add(entry(name, Map.of("allPublicMethods", true)));
        });
        needed.add(entry(
                ClientOptions.class.getName(),
                Map.of("fields", names("httpRequestAuthenticator", "originalHttpClient"))));
        needed.add(entry(OpenAIOkHttpClient.Builder.class.getName(), Map.of("fields", names("okHttpClient"))));
        needed.add(entry(OpenAIOkHttpClientAsync.Builder.class.getName(), Map.of("fields", names("okHttpClient"))));
        for (Class<?> page : pages().values()) {
            needed.add(entry(page.getName(), Map.of("methods", List.of(method("toBuilder")))));
            needed.add(entry(page.getName() + "$Builder", Map.of("allPublicMethods", true)));
        }
        return needed;
    }

    private static TreeMap<String, Class<?>> pages() {
        TreeMap<String, Class<?>> pages = new TreeMap<>();
        for (Class<?> service : SdkServices.all()) {
            for (Method method : SdkServices.instanceMethods(service)) {
                for (Class<?> result : classesIn(method.getGenericReturnType())) {
                    if (Page.class.isAssignableFrom(result) || PageAsync.class.isAssignableFrom(result)) {
                        pages.put(result.getName(), result);
                    }
                }
            }
        }
        return pages;
    }

    /** The class itself and those in its angle brackets. */
    private static List<Class<?>> classesIn(Type type) {
        List<Class<?>> classes = new ArrayList<>();
        if (type instanceof Class<?> plain) {
            classes.add(plain);
        } else if (type instanceof ParameterizedType generic) {
            for (Type argument : generic.getActualTypeArguments()) {
                classes.addAll(classesIn(argument));
            }
        }
        return classes;
    }

    private static Map<String, Object> entry(Object type, Map<String, Object> members) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("type", type);
        entry.putAll(members);
        return entry;
    }

    private static List<Map<String, Object>> names(String... names) {
        return Arrays.stream(names)
                .map(name -> Map.<String, Object>of("name", name))
                .toList();
    }

    private static Map<String, Object> method(String name) {
        Map<String, Object> method = new LinkedHashMap<>();
        method.put("name", name);
        method.put("parameterTypes", List.of());
        return method;
    }
}
