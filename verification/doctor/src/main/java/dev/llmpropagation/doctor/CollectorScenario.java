package dev.llmpropagation.doctor;

import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** Telemetry itself is not traced, even if it is sent through an instrumented client. */
final class CollectorScenario {

    private CollectorScenario() {}

    static Scenario scenario() {
        return Scenario.of("OkHttp: an export through an instrumented client", "200", CollectorScenario::export);
    }

    private static String export(Stage stage) throws Exception {
        OkHttpClient client = stage.propagation
                .instrument(new OkHttpClient.Builder(), stage.collector.endpoint())
                .build();
        Request request = new Request.Builder()
                .url(stage.collector.tracesEndpoint())
                .post(RequestBody.create(new byte[0], MediaType.get("application/x-protobuf")))
                .build();
        return stage.program("session-a", () -> {
            try (Response response = client.newCall(request).execute()) {
                return Integer.toString(response.code());
            } finally {
                client.dispatcher().executorService().shutdown();
                client.connectionPool().evictAll();
            }
        });
    }
}
