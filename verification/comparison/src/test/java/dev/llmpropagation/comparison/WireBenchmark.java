package dev.llmpropagation.comparison;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import dev.llmpropagation.internal.model.ModelOperation;
import dev.llmpropagation.internal.model.RequestFacts;
import dev.llmpropagation.internal.model.RequestScanner;
import dev.llmpropagation.internal.model.ResponseScanner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okio.Buffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** The cost of reading what a model call says of itself, and what jackson-core's non-blocking parser takes for it. */
public class WireBenchmark extends NanosBenchmark {

    private static final int CHUNKS = 1000;
    private static final int SEGMENT = 8192;
    private static final ModelOperation CALL = ModelOperation.recognise(new Request.Builder()
            .url("https://h/v1/chat/completions")
            .post(RequestBody.create("{}", MediaType.get("application/json")))
            .build());
    private static final JsonFactory JACKSON = new JsonFactory();

    private final byte[] small = request(2_000);
    private final byte[] large = request(1_000_000);
    private final RequestBody smallBody = RequestBody.create(small, MediaType.get("application/json"));

    private final byte[][] chunks = chunks("\"usage\":null");
    private final Buffer[] passing = buffers(chunks);
    private final Buffer[] passingWithUsage =
            buffers(chunks("\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1,\"total_tokens\":10}"));
    private final ResponseScanner scanner = CALL.responseScanner(MediaType.get("text/event-stream"), null, null);

    @Benchmark
    public RequestFacts requestOf2kB() {
        RequestScanner request = new RequestScanner(CALL);
        request.accept(small, 0, small.length);
        return request.finish();
    }

    /** As a step does it before the span starts: through the buffers of okio. */
    @Benchmark
    public RequestFacts requestBodyOf2kB() {
        return RequestScanner.read(CALL, smallBody);
    }

    @Benchmark
    public RequestFacts requestOf1MB() {
        RequestScanner request = new RequestScanner(CALL);
        for (int i = 0; i < large.length; i += SEGMENT) {
            request.accept(large, i, Math.min(SEGMENT, large.length - i));
        }
        return request.finish();
    }

    @Benchmark
    @OperationsPerInvocation(CHUNKS)
    public ResponseScanner chunk() {
        return scan(passing);
    }

    @Benchmark
    @OperationsPerInvocation(CHUNKS)
    public ResponseScanner chunkWithUsage() {
        return scan(passingWithUsage);
    }

    @Benchmark
    public int jacksonRequestOf2kB() throws IOException {
        return jackson(small, 0, small.length);
    }

    @Benchmark
    public int jacksonRequestOf1MB() throws IOException {
        return jackson(large, 0, large.length);
    }

    @Benchmark
    @OperationsPerInvocation(CHUNKS)
    public int jacksonChunk() throws IOException {
        int tokens = 0;
        for (byte[] chunk : chunks) {
            tokens += jackson(chunk, "data: ".length(), chunk.length);
        }
        return tokens;
    }

    private ResponseScanner scan(Buffer[] events) {
        for (Buffer event : events) {
            scanner.accept(event, event.size(), 1);
        }
        return scanner;
    }

    private static Buffer[] buffers(byte[][] events) {
        return Arrays.stream(events).map(event -> new Buffer().write(event)).toArray(Buffer[]::new);
    }

    private static int jackson(byte[] bytes, int from, int to) throws IOException {
        int tokens = 0;
        try (JsonParser parser = JACKSON.createNonBlockingByteArrayParser()) {
            ByteArrayFeeder feeder = (ByteArrayFeeder) parser.getNonBlockingInputFeeder();
            for (int i = from; i < to; i += SEGMENT) {
                feeder.feedInput(bytes, i, Math.min(to, i + SEGMENT));
                while (parser.nextToken() != JsonToken.NOT_AVAILABLE) {
                    tokens++;
                }
            }
        }
        return tokens;
    }

    private static byte[] request(int size) {
        StringBuilder body = new StringBuilder("{\"model\":\"gpt-4o\",\"temperature\":0.5,\"messages\":[");
        String message = "{\"role\":\"user\",\"content\":\""
                + "What the weather is like in Paris, and whether to take an umbrella.\\n".repeat(12) + "\"},";
        while (body.length() + message.length() < size) {
            body.append(message);
        }
        body.append("{\"role\":\"user\",\"content\":\"");
        while (body.length() < size - 17) {
            body.append('x');
        }
        return body.append("\"}],\"stream\":true}").toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Some 200 bytes each, as a chat sends them. */
    private static byte[][] chunks(String usage) {
        String[] words = {" the", "Hello", " umbrella", ".", "\\n", " rain", " a", ""};
        byte[][] chunks = new byte[CHUNKS][];
        for (int i = 0; i < CHUNKS; i++) {
            chunks[i] = ("data: {\"id\":\"chatcmpl-B1\",\"object\":\"chat.completion.chunk\",\"created\":1738960610,"
                            + "\"model\":\"gpt-4o\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                            + words[i % words.length] + "\"},\"finish_reason\":null}]," + usage + ",\"obfuscation\":\""
                            + "k".repeat(i * 7 % 11) + "\"}\n\n")
                    .getBytes(StandardCharsets.UTF_8);
        }
        return chunks;
    }
}
