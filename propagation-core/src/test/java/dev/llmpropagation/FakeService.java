package dev.llmpropagation;

import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import java.io.IOException;
import java.util.function.Function;
import okhttp3.Headers;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;

/** A model service that is a function, a client of it, and what it may answer. */
final class FakeService {

    private static final MediaType JSON = MediaType.get("application/json");

    private FakeService() {}

    /** Its model calls have spans, as those of a provider's client. */
    static OkHttpClient client(LlmPropagation propagation, Function<Request, Response> service) {
        return ClientInstrumenter.OF_PROPAGATION
                .behind(propagation)
                .instrument(new OkHttpClient.Builder(), ClientProfile.of(null).withModelCalls(url -> null))
                .addInterceptor(chain -> service.apply(chain.request()))
                .build();
    }

    /** Asks a model, with this key. */
    static void ask(OkHttpClient client, String key) throws IOException {
        Request request = Requests.post(
                "https://model.example/v1/chat/completions", "{\"model\":\"asked\"}", "Authorization", "Bearer " + key);
        Requests.body(client, request);
    }

    static Response json(Request request, String body) {
        return FakeNetwork.answer(request, ResponseBody.create(body, JSON));
    }

    static Response redirect(Request request, String location) {
        return FakeNetwork.answer(request, 307, Headers.of("Location", location));
    }

    /** As JSON writes it who escapes everything. */
    static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.chars().forEach(c -> json.append(String.format("\\u%04x", c)));
        return json.append('"').toString();
    }
}
