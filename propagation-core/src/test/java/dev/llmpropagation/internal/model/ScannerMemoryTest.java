package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import okhttp3.MediaType;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever passes, next to nothing of it is kept. */
class ScannerMemoryTest {

    private static final ModelOperation CHAT = RecognisedCalls.post("https://h/v1/chat/completions");

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"a",
                "{\"a",
                "{\"messages\":\"a",
                "{\"seed\":1",
                "{\"messages\":[",
                "{\"stop\":[\"a\",",
                "[",
                "{\"model\":\"\\",
                "a"
            })
    void requestWithoutEnd_costsNoMemory(String start) {
        byte[] first = start.getBytes(StandardCharsets.UTF_8);
        byte[] more = new byte[8192];
        // What the start ends with, over and over: 16 MB of it.
        Arrays.fill(more, first[first.length - 1]);
        for (int round = 0; round < 2; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            RequestScanner scanner = new RequestScanner(CHAT);
            scanner.accept(first, 0, first.length);
            for (int i = 0; i < 2048; i++) {
                scanner.accept(more, 0, more.length);
            }
            scanner.finish();
            long bytes = threads.getCurrentThreadAllocatedBytes() - before;
            if (round == 1) {
                assertThat(bytes).isLessThan(16 * 1024);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"data: {\"id\":\"a", "data: [", "data: {\"choices\":[{\"a\":{\"", "d", ":", "\r", "a"})
    void streamWithoutEnd_costsNoMemory(String start) {
        byte[] same = new byte[8192];
        Arrays.fill(same, (byte) start.charAt(start.length() - 1));
        Buffer first = new Buffer().writeUtf8(start);
        Buffer more = new Buffer().write(same);
        for (int round = 0; round < 2; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            ResponseScanner scanner = CHAT.responseScanner(MediaType.get("text/event-stream"), null, null);
            scanner.accept(first, first.size(), 1);
            for (int i = 0; i < 2048; i++) {
                scanner.accept(more, more.size(), 1);
            }
            scanner.finish(false);
            long bytes = threads.getCurrentThreadAllocatedBytes() - before;
            if (round == 1) {
                assertThat(bytes).isLessThan(16 * 1024);
            }
        }
    }

    /** They are pieces of OkHttp's buffers: a stream that goes on, or that nobody closes, keeps none of them alive. */
    @Test
    void piecesThatPassed_areNotKept() {
        ResponseScanner scanner = CHAT.responseScanner(MediaType.get("text/event-stream"), null, null);
        WeakReference<byte[]> passed = pass("data: {\"id\":\"c-1\",\"choices\":[{\"delta\":{\"content\":\"a", scanner);
        await().untilAsserted(() -> {
            System.gc();
            assertThat(passed.get()).isNull();
        });
        assertThat(scanner.finish(false).id()).isEqualTo("c-1");
    }

    private static WeakReference<byte[]> pass(String text, ResponseScanner scanner) {
        Buffer passing = new Buffer().writeUtf8(text);
        scanner.accept(passing, passing.size(), 1);
        try (Buffer.UnsafeCursor piece = passing.readUnsafe()) {
            piece.next();
            return new WeakReference<>(piece.data);
        }
    }

    /** Also of two choices that take turns. */
    @Test
    void events_thatSayNothingNew_allocateNothing() {
        ResponseScanner scanner = CHAT.responseScanner(MediaType.get("text/event-stream"), null, null);
        Buffer[] events = new Buffer[6];
        for (int i = 0; i < events.length; i++) {
            events[i] = new Buffer()
                    .writeUtf8(
                            "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
                                    + "\"choices\":[{\"index\":" + i % 2 + ",\"delta\":{\"content\":\""
                                    + "ab\\n".repeat(i)
                                    + "\"},\"finish_reason\":null}],\"usage\":null}\n\n");
        }
        long bytes = 0;
        for (int round = 0; round < 2; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 60_000; i++) {
                Buffer event = events[i % events.length];
                scanner.accept(event, event.size(), i);
            }
            bytes = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertThat(bytes).isLessThan(10_000);
        assertThat(scanner.finish(false).finishReasons()).hasSize(2);
    }
}
