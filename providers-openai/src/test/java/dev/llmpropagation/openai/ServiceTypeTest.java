package dev.llmpropagation.openai;

import static dev.llmpropagation.openai.SdkServices.instanceMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.HttpResponse;
import com.openai.core.http.ResponseConnection;
import com.openai.core.http.StreamResponse;
import com.openai.core.http.WebSocketConnection;
import dev.llmpropagation.openai.ServiceType.Kind;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Every method of every interface of the SDK's clients is of a kind that the facade knows what to do with. */
class ServiceTypeTest {

    private static final Set<Class<?>> SERVICES = SdkServices.all();

    @Test
    void everyServiceType_isWrapped() {
        for (Class<?> service : SERVICES) {
            for (Method method : instanceMethods(service)) {
                Class<?> result = method.getReturnType();
                if (result.getName().startsWith("com.openai.services.")
                        || result.getName().startsWith("com.openai.client.")) {
                    assertThat(ServiceType.of(service).kind(method))
                            .as("%s", method)
                            .isEqualTo(method.getName().equals("withOptions") ? Kind.WITH_OPTIONS : Kind.SERVICE);
                }
            }
        }
        assertThat(SERVICES).hasSizeGreaterThan(100);
    }

    @Test
    void everyFutureAndAsyncStream_goesThroughTheCarrier() {
        for (Class<?> service : SERVICES) {
            for (Method method : instanceMethods(service)) {
                Kind kind = ServiceType.of(service).kind(method);
                if (java.util.concurrent.Future.class.isAssignableFrom(method.getReturnType())
                        || java.util.concurrent.CompletionStage.class.isAssignableFrom(method.getReturnType())) {
                    assertThat(method.getReturnType()).isEqualTo(CompletableFuture.class);
                    assertThat(kind).as("%s", method).isEqualTo(Kind.FUTURE);
                }
                if (method.getReturnType() == AsyncStreamResponse.class) {
                    assertThat(kind).as("%s", method).isEqualTo(Kind.STREAM);
                }
            }
        }
    }

    @Test
    void everyMethod_isOfAKnownShape() {
        Map<Kind, Integer> counts = new EnumMap<>(Kind.class);
        for (Class<?> service : SERVICES) {
            for (Method method : instanceMethods(service)) {
                Kind kind = ServiceType.of(service).kind(method);
                counts.merge(kind, 1, Integer::sum);
                Class<?> result = method.getReturnType();
                boolean known =
                        switch (kind) {
                            case CALL ->
                                result == void.class
                                        || result == String.class
                                        || result.getName().startsWith("com.openai.models.")
                                        || HttpResponse.class.isAssignableFrom(result)
                                        || StreamResponse.class.isAssignableFrom(result);
                            case CONNECTION ->
                                result == ResponseConnection.class || result == WebSocketConnection.class;
                            case OBJECT -> false;
                            default -> true;
                        };
                assertThat(known).as("%s is handled as %s", method, kind).isTrue();
            }
        }
        assertThat(counts.get(Kind.CLOSE)).isEqualTo(2);
        assertThat(counts).containsKeys(Kind.CALL, Kind.FUTURE, Kind.STREAM, Kind.CONNECTION, Kind.SERVICE);
    }

    @Test
    void asyncStreamResponse_hasTheMethodsThatOurStreamHas() {
        assertThat(Arrays.stream(AsyncStreamResponse.class.getMethods())
                        .filter(method -> !Modifier.isStatic(method.getModifiers()))
                        .map(method -> method.getName() + method.getParameterCount()))
                .containsExactlyInAnyOrder("subscribe1", "subscribe2", "onCompleteFuture0", "close0");
    }
}
