package dev.llmpropagation.openai;

import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.core.ClientOptions;
import com.openai.core.Page;
import com.openai.core.PageAsync;
import com.openai.core.http.HttpClient;
import com.openai.core.http.HttpResponseFor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whatever a call gives that further calls can be made by makes them by a facade. Of the SDK in use, whichever it is. */
class FollowUpsTest {

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    /** What holds a service, options or an HTTP client can call. Pages and WebSockets are known; a new kind fails here. */
    @Test
    void resultsThatCanCall_arePagesAndConnections() {
        int pages = 0;
        int connections = 0;
        for (Class<?> service : SdkServices.all()) {
            for (Method method : SdkServices.instanceMethods(service)) {
                for (Class<?> result : classesIn(method.getGenericReturnType(), new HashSet<>())) {
                    if (ServiceType.isConnection(result)) {
                        connections++;
                    } else if (isPage(result)) {
                        pages++;
                        assertThat(holds(result)).as("%s", result).isTrue();
                    } else {
                        assertThat(holds(result)).as("%s of %s", result, method).isFalse();
                    }
                }
            }
        }
        assertThat(pages).isGreaterThan(300);
        assertThat(connections).isGreaterThan(4);
    }

    @Test
    void pagesOfAllServices_haveAFacade() throws Exception {
        wire.answers(okJson("{\"object\":\"list\",\"data\":[],\"has_more\":false}"));
        OpenAIClient client =
                wire.client(OpenAiClientFactory.create(wire.propagation), sdk -> sdk.adminApiKey("sk-admin"));
        Set<Class<?>> pages = new HashSet<>();
        visit(OpenAIClient.class, client, new HashSet<>(), pages);
        visit(OpenAIClientAsync.class, client.async(), new HashSet<>(), pages);

        assertThat(pages).hasSizeGreaterThan(120);
    }

    private static void visit(Class<?> type, Object service, Set<Class<?>> seen, Set<Class<?>> pages) throws Exception {
        if (!seen.add(type)) {
            return;
        }
        for (Method method : SdkServices.instanceMethods(type)) {
            boolean texts = Arrays.stream(method.getParameterTypes()).allMatch(String.class::equals);
            if (ServiceType.isService(method.getReturnType()) && method.getParameterCount() == 0) {
                visit(method.getReturnType(), method.invoke(service), seen, pages);
            } else if (texts
                    && classesIn(method.getGenericReturnType(), new HashSet<>()).stream()
                            .anyMatch(FollowUpsTest::isPage)) {
                Object[] arguments = new Object[method.getParameterCount()];
                Arrays.fill(arguments, "x");
                Object page = page(method.invoke(service, arguments));
                pages.add(page.getClass());
                Field field = page.getClass().getDeclaredField("service");
                field.setAccessible(true);
                assertThat(field.get(page)).as("%s", method).isInstanceOf(FacadeObject.class);
            }
        }
    }

    private static Object page(Object result) throws Exception {
        if (result instanceof CompletableFuture<?> future) {
            return page(future.get(30, TimeUnit.SECONDS));
        }
        if (result instanceof HttpResponseFor<?> response) {
            try (response) {
                return response.parse();
            }
        }
        return result;
    }

    private static boolean isPage(Class<?> type) {
        return Page.class.isAssignableFrom(type) || PageAsync.class.isAssignableFrom(type);
    }

    private static boolean holds(Class<?> type) {
        for (Class<?> owner = type; owner != null; owner = owner.getSuperclass()) {
            for (Field field : owner.getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers())
                        && (ServiceType.isService(field.getType())
                                || field.getType() == ClientOptions.class
                                || field.getType() == HttpClient.class)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static Set<Class<?>> classesIn(Type type, Set<Class<?>> classes) {
        if (type instanceof Class<?> plain) {
            if (!ServiceType.isService(plain)) {
                classes.add(plain);
            }
        } else if (type instanceof ParameterizedType generic) {
            classesIn(generic.getRawType(), classes);
            for (Type argument : generic.getActualTypeArguments()) {
                classesIn(argument, classes);
            }
        }
        return classes;
    }
}
