package dev.llmpropagation;

import static dev.llmpropagation.fixtures.Attributed.flag;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.agent.Tool;
import dev.llmpropagation.fixtures.Requests;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import okhttp3.Headers;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What services, models and callers make up fills no metric: an SDK has room for 2 000 series, and what comes after those,
 * be it the program's own, is lost in one for all the rest.
 */
class BoundedSeriesTest {

    private static final int ROOM = 2_000;
    private static final String OPERATIONS = "gen_ai.client.operation.duration";
    private static final String REQUESTS = "http.client.request.duration";

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @Test
    void statusesOfModelCalls_areFew() throws IOException {
        int[] call = {0};
        OkHttpClient client = client(request -> json(request, 300 + call[0]++ % 700, "{}"));
        for (int i = 0; i < 700; i++) {
            ask(client, "asked");
        }

        assertThat(labels(OPERATIONS, "error.type")).hasSizeLessThan(50).contains("300", "_OTHER");
    }

    @Test
    void hostsTimesStatusesTimesProtocols_haveRoom() throws IOException {
        int[] call = {0};
        Protocol[] protocols = {Protocol.HTTP_1_0, Protocol.HTTP_1_1, Protocol.HTTP_2};
        OkHttpClient client = client(request -> {
            int n = call[0];
            if (request.url().host().equals("model.example")) {
                return FakeService.redirect(request, "https://h" + n % 30 + ".example/");
            }
            call[0]++;
            return FakeNetwork.answer(request, 400 + n / 30 % 30, Headers.of())
                    .newBuilder()
                    .protocol(protocols[n / 900 % 3])
                    .build();
        });
        for (int i = 0; i < 2_800; i++) {
            client.newCall(Requests.get("https://model.example/")).execute().close();
        }

        assertThat(wire.points().of(REQUESTS)).isNotEmpty().hasSizeLessThan(ROOM / 2);
        client.newCall(Requests.get("https://own.example/")).execute().close();
        assertNoOverflow();
        assertThat(labels(REQUESTS, "server.address")).contains("own.example", "_OTHER");
    }

    @Test
    void modelsTimesCodesTimesCallers_haveRoom() throws IOException {
        int[] call = {0};
        OkHttpClient client = client(request -> {
            int n = call[0]++;
            return FakeService.json(
                    request,
                    "{\"model\":\"m-" + n % 30 + "\",\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1},"
                            + "\"error\":{\"code\":\"code_" + (char) ('a' + n / 30 % 25) + "\"}}");
        });
        for (int i = 0; i < 3_000; i++) {
            ask(client, "asked-" + i / 750);
        }
        for (String metric : List.of(OPERATIONS, "gen_ai.client.token.usage")) {
            assertThat(wire.points().of(metric)).as(metric).isNotEmpty().hasSizeLessThan(ROOM * 3 / 4);
        }
        ask(client(request -> FakeService.json(request, "{\"model\":\"own\",\"choices\":[]}")), "own");

        assertNoOverflow();
        assertThat(labels(OPERATIONS, "gen_ai.request.model")).contains("own");
    }

    /** A gateway asks for whatever its caller names. */
    @Test
    void modelsThatCallersMakeUp_haveRoom() throws IOException {
        OkHttpClient client = client(request -> json(request, 404, "{}"));
        for (int i = 0; i < 1_000; i++) {
            ask(client, "made-up-" + i);
        }

        assertThat(labels(OPERATIONS, "gen_ai.request.model"))
                .hasSizeLessThan(250)
                .contains("made-up-0", "_OTHER");
        assertNoOverflow();
    }

    /** An agent tells of each tool that a model names, whether there is one or not. */
    @Test
    void toolsThatAModelMakesUp_haveRoom() throws Exception {
        AgentTracing agent = AgentTracing.builder(wire.openTelemetry).build();
        try (Interaction turn = agent.interaction("p-1").start()) {
            for (int i = 0; i < 1_000; i++) {
                turn.tool("made_up_" + i).start().completed();
            }
        }
        agent.close();

        for (String metric :
                List.of("gen_ai.execute_tool.duration", "qwen-code.tool.call.count", "qwen-code.tool.call.latency")) {
            String label = metric.startsWith("gen_ai") ? "gen_ai.tool.name" : "function_name";
            assertThat(labels(metric, label)).as(metric).hasSizeLessThan(250).contains("made_up_0", "_OTHER");
        }
        assertNoOverflow();
    }

    /** A program may tell where its tools come from by what a server of tools is called. */
    @Test
    void placesThatToolsComeFrom_haveRoom() throws Exception {
        AgentTracing agent = AgentTracing.builder(wire.openTelemetry).build();
        try (Interaction turn = agent.interaction("p-1").start()) {
            for (int i = 0; i < 1_000; i++) {
                try (Tool tool = turn.tool("search").toolType("server-" + i).start()) {
                    tool.execution().start().completed();
                    tool.completed();
                }
            }
        }
        agent.close();

        for (String metric : List.of("qwen-code.tool.call.count", "qwen-code.tool.execution.count")) {
            assertThat(labels(metric, "tool_type")).as(metric).hasSize(31).contains("server-0", "_OTHER");
        }
        assertNoOverflow();
    }

    private void assertNoOverflow() {
        assertThat(wire.telemetry.metrics())
                .flatExtracting(metric -> List.copyOf(metric.getData().getPoints()))
                .noneMatch(point -> flag(point.getAttributes(), "otel.metric.overflow") != null);
    }

    private Set<String> labels(String metric, String label) {
        Set<String> labels = new HashSet<>(wire.points().values(metric, label));
        labels.remove(null);
        return labels;
    }

    private OkHttpClient client(Function<Request, Response> service) {
        return FakeService.client(wire.propagation().build(), service);
    }

    private static void ask(OkHttpClient client, String model) throws IOException {
        Requests.body(
                client, Requests.post("https://model.example/v1/chat/completions", "{\"model\":\"" + model + "\"}"));
    }

    private static Response json(Request request, int status, String body) {
        return FakeService.json(request, body).newBuilder().code(status).build();
    }
}
