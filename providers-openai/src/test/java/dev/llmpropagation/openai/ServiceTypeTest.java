package dev.llmpropagation.openai;

import static dev.llmpropagation.openai.SdkServices.instanceMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.openai.core.Page;
import com.openai.core.PageAsync;
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
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
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

    /** The program gets a stream of these classes as it is. A new one here: does a model's answer come by it? */
    @Test
    void streamsKnownByTheirClass_areThoseOfAgents() throws Exception {
        Set<String> own = new TreeSet<>();
        for (Class<?> type : SdkServices.classes()) {
            if ((StreamResponse.class.isAssignableFrom(type) || AsyncStreamResponse.class.isAssignableFrom(type))
                    && !type.isAnonymousClass()
                    && ServiceType.isKnownByItsClass(type)) {
                own.add(type.getSimpleName());
            }
        }
        assertThat(own)
                .containsExactly(
                        "AgentSessionStream",
                        "AgentSessionStreamAsync",
                        "AgentTurnResultStream",
                        "AgentTurnResultStreamAsync",
                        "AutoPagerAsync"); // a page gives it, and no call
    }

    /** What is given to these comes from a facade. A new one here: does it look at the class of what it gets? */
    @Test
    void staticMethodsThatTakeWhatAFacadeGives_areKnown() throws Exception {
        Set<String> helpers = new TreeSet<>();
        for (Class<?> type : SdkServices.classes()) {
            for (Method method : Modifier.isPublic(type.getModifiers()) ? type.getMethods() : new Method[0]) {
                if (Modifier.isStatic(method.getModifiers())
                        && !method.isSynthetic()
                        && Arrays.stream(method.getParameterTypes()).anyMatch(ServiceTypeTest::isOfAFacade)) {
                    helpers.add(type.getSimpleName() + "." + method.getName());
                }
            }
        }
        assertThat(helpers)
                .containsExactly(
                        "AgentArtifactDownloads.forResult", // calls methods of its interface
                        "AgentEnvironmentFiles.prepare", // as well, and these two
                        "AgentEnvironmentFiles.prepareDirectory",
                        "AgentEnvironmentFiles.upload",
                        "AgentTurnResults.getFinalResult", // looks at it: see AgentStreamsTest
                        "AgentTurnResults.withResultCollection");
    }

    private static boolean isOfAFacade(Class<?> type) {
        return ServiceType.isService(type)
                || Stream.of(
                                StreamResponse.class,
                                AsyncStreamResponse.class,
                                HttpResponse.class,
                                Page.class,
                                PageAsync.class)
                        .anyMatch(result -> result.isAssignableFrom(type));
    }

    @Test
    void asyncStreamResponse_hasTheMethodsThatOurStreamHas() {
        assertThat(Arrays.stream(AsyncStreamResponse.class.getMethods())
                        .filter(method -> !Modifier.isStatic(method.getModifiers()))
                        .map(method -> method.getName() + method.getParameterCount()))
                .containsExactlyInAnyOrder("subscribe1", "subscribe2", "onCompleteFuture0", "close0");
    }
}
