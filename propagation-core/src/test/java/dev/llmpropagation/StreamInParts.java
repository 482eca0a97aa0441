package dev.llmpropagation;

import dev.llmpropagation.fixtures.Requests;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Buffer;
import okio.BufferedSource;
import okio.Okio;
import okio.Source;
import okio.Timeout;

/** Streams of events that come in given parts and are closed when all of them are there. */
final class StreamInParts {

    private final FakeNetwork network = new FakeNetwork();
    private final Queue<List<String>> bodies = new ArrayDeque<>();
    private final OkHttpClient client = network.client(
            network.propagation().build(), "http://localhost", request -> answer(request, bodies.remove()));

    /** Of a consumer that drains what has come before it reads on, and of one that keeps it all. */
    List<String> outcomes(List<String> parts) throws IOException {
        for (boolean drains : new boolean[] {true, false}) {
            bodies.add(parts);
            Request request = Requests.get("http://localhost/");
            try (Response response = client.newCall(request).execute()) {
                BufferedSource source = response.body().source();
                long missing = parts.stream().mapToLong(String::length).sum();
                if (drains) {
                    for (Buffer taken = new Buffer(); missing > 0; taken.clear()) {
                        missing -= source.read(taken, 8192);
                    }
                } else {
                    source.require(missing);
                }
            }
        }
        List<String> outcomes = network.outcomes();
        network.clear();
        return outcomes;
    }

    private static Response answer(Request request, List<String> parts) {
        ResponseBody body = ResponseBody.create(Okio.buffer(new Parts(parts)), MediaType.get("text/event-stream"), -1);
        return FakeNetwork.answer(request, body);
    }

    /** One part for each read. */
    private static final class Parts implements Source {
        private final Queue<String> parts;

        Parts(List<String> parts) {
            this.parts = new ArrayDeque<>(parts);
        }

        @Override
        public long read(Buffer sink, long byteCount) {
            String part = parts.poll();
            if (part == null) {
                return -1;
            }
            sink.writeUtf8(part);
            return part.length();
        }

        @Override
        public Timeout timeout() {
            return Timeout.NONE;
        }

        @Override
        public void close() {}
    }
}
