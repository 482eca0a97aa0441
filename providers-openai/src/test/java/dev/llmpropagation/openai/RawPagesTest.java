package dev.llmpropagation.openai;

import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.core.Page;
import com.openai.core.PageAsync;
import com.openai.core.http.HttpResponseFor;
import com.openai.models.chat.completions.ChatCompletionListPage;
import com.openai.models.chat.completions.ChatCompletionListPageAsync;
import com.openai.services.async.chat.ChatCompletionServiceAsync;
import com.openai.services.blocking.chat.ChatCompletionService;
import io.opentelemetry.api.trace.Span;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The pages that a raw response holds fetch the next ones as those that the SDK has parsed. */
class RawPagesTest {

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    private final Span caller = wire.startSpan("caller");

    /** Each way to a list of raw responses. */
    @Test
    void nextPages_belongToWhoAsksForThem() throws Exception {
        wire.answers(okJson("{\"object\":\"list\",\"data\":[" + SdkWire.COMPLETION
                + "],\"has_more\":true,\"first_id\":\"c-1\",\"last_id\":\"c-1\"}"));
        OpenAIClient client = wire.client();
        OpenAIClient other = client.withOptions(options -> options.maxRetries(0));
        List<Page<?>> pages = List.of(
                parsed(client.withRawResponse().chat().completions()),
                parsed(client.chat().withRawResponse().completions()),
                parsed(client.chat().completions().withRawResponse()),
                parsed(other.chat().completions().withRawResponse()),
                parsed(client.withRawResponse()
                        .withOptions(options -> options.maxRetries(0))
                        .chat()
                        .completions()));
        List<PageAsync<?>> pagesAsync = List.of(
                parsed(client.async().withRawResponse().chat().completions()),
                parsed(client.async().chat().completions().withRawResponse()));
        wire.attempts(7);
        wire.telemetry.reset();
        wire.server.resetRequests();
        wire.inSpan(caller, () -> {
            for (Page<?> page : pages) {
                assertThat(page.nextPage().items()).hasSize(1);
            }
            for (PageAsync<?> page : pagesAsync) {
                assertThat(page.nextPage().get(20, TimeUnit.SECONDS).items()).hasSize(1);
            }
            return null;
        });

        wire.everyAttemptBelongsTo(caller, 7);
    }

    private static Page<?> parsed(ChatCompletionService.WithRawResponse service) {
        try (HttpResponseFor<ChatCompletionListPage> response = service.list()) {
            return response.parse();
        }
    }

    private static PageAsync<?> parsed(ChatCompletionServiceAsync.WithRawResponse service) throws Exception {
        try (HttpResponseFor<ChatCompletionListPageAsync> response =
                service.list().get(20, TimeUnit.SECONDS)) {
            return response.parse();
        }
    }

    @Test
    void rawResponse_isTheSdks() {
        wire.answers(SdkWire.completion().withHeader("x-request-id", "r-1"));
        try (HttpResponseFor<?> response =
                wire.client().withRawResponse().chat().completions().create(SdkWire.chat())) {
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.requestId()).contains("r-1");
            assertThat(response.headers().values("x-request-id")).containsExactly("r-1");
            assertThat(response.body())
                    .asString(java.nio.charset.StandardCharsets.UTF_8)
                    .isEqualTo(SdkWire.COMPLETION);
        }
    }

    /** Also the lists of a newer SDK: a page takes the plain service that its raw one stands in. */
    @Test
    void pagesOfAllRawServices_takeThePlainOne() throws Exception {
        int pages = 0;
        for (Class<?> client : List.of(OpenAIClient.class, OpenAIClientAsync.class)) {
            for (Class<?> service : services(client, new HashSet<>())) {
                for (Method method : service.getMethods()) {
                    Class<?> page = pageOf(method.getGenericReturnType());
                    if (page != null && service.getSimpleName().equals("WithRawResponse")) {
                        pages++;
                        assertThat(page.getMethod("builder").getReturnType().getMethods())
                                .as("%s of %s", page, service)
                                .anyMatch(setter -> setter.getName().equals("service")
                                        && setter.getParameterTypes()[0] == service.getDeclaringClass());
                    }
                }
            }
        }
        assertThat(pages).isGreaterThan(50);
    }

    private static Set<Class<?>> services(Class<?> type, Set<Class<?>> seen) {
        if (ServiceType.isService(type) && seen.add(type)) {
            for (Method method : type.getMethods()) {
                services(method.getReturnType(), seen);
            }
        }
        return seen;
    }

    private static Class<?> pageOf(Type result) {
        if (result instanceof Class<?> type) {
            return Page.class.isAssignableFrom(type) || PageAsync.class.isAssignableFrom(type) ? type : null;
        }
        return result instanceof ParameterizedType generic ? pageOf(generic.getActualTypeArguments()[0]) : null;
    }
}
