package dev.llmpropagation.testkit;

import java.util.concurrent.CompletableFuture;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/** A client as {@link ClientConformance} uses it, whatever it is made of. Its methods are called from several threads. */
public interface ClientUnderTest extends AutoCloseable {

    /** Makes a call and returns the text of the answer. */
    String ask(String question) throws Exception;

    /** Makes a call that does not block, and gives the text of the answer. */
    CompletableFuture<String> askAsync(String question);

    /** Makes a call whose answer is a stream. */
    Pieces stream(String question) throws Exception;

    @Override
    void close();

    /** The texts of a stream's events. */
    interface Pieces extends AutoCloseable {

        /** The next text that is not empty, or null at the end. Blocks until it is here. */
        @Nullable
        String next() throws Exception;

        @Override
        void close();
    }

    /**
     * An OkHttpClient that makes chat completions.
     *
     * @param baseUrl as {@link LlmServer#baseUrl}
     * @param close what is to be done in the end
     */
    static ClientUnderTest of(Call.Factory calls, String baseUrl, Runnable close) {
        return new OkHttpUnderTest(calls, baseUrl, close);
    }
}
