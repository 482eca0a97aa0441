package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.llmpropagation.fuzz.Parts;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.TraceStateBuilder;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import okhttp3.Headers;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;

/** Whatever a program, its user or a peer of its own says: the request goes out, and each header in it is a legal one. */
class HeadersFuzz {

    private static final String SESSION = "X-Qwen-Code-Session-Id";

    /** Parts: session of the supplier, session in the context, value of the propagator, its header, tracestate, baggage. */
    @FuzzTest
    void headers_areLegalOrLeftOut(byte[] input) throws IOException {
        Parts parts = Parts.of(input);
        List<Request> sent = new ArrayList<>();
        LlmPropagation propagation = LlmPropagation.builder(
                        OpenTelemetry.propagating(ContextPropagators.create(TextMapPropagator.composite(
                                W3CTraceContextPropagator.getInstance(), new Writing(parts.get(3), parts.get(2))))))
                .sessionId(() -> parts.get(0))
                .diagnostics(text -> {})
                .build();
        OkHttpClient client = propagation
                .instrument(new OkHttpClient.Builder(), "https://host.example")
                .addInterceptor(chain -> {
                    sent.add(chain.request());
                    return answer(chain.request());
                })
                .build();
        TraceStateBuilder state = TraceState.builder();
        state.put("a", parts.get(4)).put(parts.get(4), "1");
        Context context = Context.root()
                .with(Span.wrap(SpanContext.create(
                        "0af7651916cd43dd8448eb211c80319c",
                        "b7ad6b7169203331",
                        TraceFlags.getSampled(),
                        state.build())))
                .with(Baggage.builder().put(parts.get(5), parts.get(5)).build());
        String own = parts.get(1);
        if (!own.isEmpty()) {
            context = LlmSession.of(own).storeInContext(context);
        }
        try (Scope ignored = context.makeCurrent();
                Response response = client.newCall(new Request.Builder()
                                .url("https://host.example/v1")
                                .header("tracestate", "old=1")
                                .build())
                        .execute()) {
            assertThat(response.code()).isEqualTo(200);
        }

        assertThat(sent).hasSize(1);
        Headers headers = sent.get(0).headers();
        for (int i = 0; i < headers.size(); i++) {
            assertThat(headers.name(i)).matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
            assertThat(headers.value(i)).matches("[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?");
            assertThat(headers.value(i).length()).isLessThanOrEqualTo(8192);
        }
        String session = own.isEmpty() ? parts.get(0) : own;
        boolean fit = session.matches("[\\x21-\\x7e]{1,256}");
        boolean replaced = parts.get(3).equalsIgnoreCase(SESSION);
        if (!replaced) {
            assertThat(headers.values(SESSION)).isEqualTo(fit ? List.of(session) : List.of());
        }
        assertThat(headers.values("traceparent").size()).isLessThanOrEqualTo(1);
        assertThat(headers.get("baggage")).isNull();
        // A caller's tracestate means nothing beside another trace.
        if (headers.get("traceparent") != null) {
            assertThat(headers.values("tracestate")).doesNotContain("old=1");
        }
    }

    private static Response answer(Request request) {
        return new Response.Builder()
                .request(request)
                .protocol(Protocol.HTTP_1_1)
                .code(200)
                .message("")
                .body(ResponseBody.create("hello", null))
                .build();
    }

    /** As one of the program's own may. */
    private record Writing(String name, String value) implements TextMapPropagator {
        @Override
        public Collection<String> fields() {
            return List.of("x-trace");
        }

        @Override
        public <C> void inject(Context context, C carrier, TextMapSetter<C> setter) {
            setter.set(carrier, name, value);
        }

        @Override
        public <C> Context extract(Context context, C carrier, TextMapGetter<C> getter) {
            return context;
        }
    }
}
