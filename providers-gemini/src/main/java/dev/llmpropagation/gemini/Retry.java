package dev.llmpropagation.gemini;

import com.google.genai.types.HttpRetryOptions;
import dev.llmpropagation.network.ProxyException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Retries in place of the SDK's {@code RetryInterceptor}, which comes after our steps and would make one attempt of
 * several. It reads the same options and gives the same last response or exception, without the faults of that one, see
 * {@code docs/differences.md}. Thread-safe.
 */
final class Retry implements Interceptor {

    /** What makes the SDK's retry let everything pass: its attributes for a single request. */
    private static final HttpRetryOptions OFF =
            HttpRetryOptions.builder().attempts(1).httpStatusCodes(List.of()).build();

    // Nothing wakes the thread when the call is cancelled, so it looks, often enough for a person or a timeout.
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final HttpRetryOptions clientOptions;
    private final Ticker ticker;

    /** @param clientOptions for requests that have none of their own; the two are never mixed, as in the SDK */
    Retry(HttpRetryOptions clientOptions, Ticker ticker) {
        this.clientOptions = clientOptions;
        this.ticker = ticker;
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Request request = chain.request();
        HttpRetryOptions own = request.tag(HttpRetryOptions.class);
        Backoff backoff = Backoff.of(own != null ? own : clientOptions);
        boolean oneShot = request.body() != null && request.body().isOneShot();
        int attempts = oneShot ? 1 : backoff.attempts();
        Request once = request.newBuilder().tag(HttpRetryOptions.class, OFF).build();
        for (int attempt = 1; ; attempt++) {
            long delayMillis;
            try {
                Response response = chain.proceed(once);
                if (attempt == attempts || !backoff.retries(response.code())) {
                    return UnreadResponses.received(request, response);
                }
                long asked = RetryAfter.millis(response.headers(), System.currentTimeMillis());
                delayMillis = backoff.delayMillis(attempt, random(), asked);
                response.close();
            } catch (IOException e) {
                if (attempt == attempts || chain.call().isCanceled() || isRefusedByProxy(e)) {
                    throw e;
                }
                delayMillis = backoff.delayMillis(attempt, random(), 0);
            }
            await(chain.call(), delayMillis);
        }
    }

    /** A wrong password stays wrong, and told too often it locks the account. */
    private static boolean isRefusedByProxy(IOException failure) {
        return failure instanceof ProxyException refusal && refusal.reason() == ProxyException.Reason.CREDENTIALS;
    }

    private static double random() {
        return ThreadLocalRandom.current().nextDouble();
    }

    /** Sleeps on the thread of the call, unless it is interrupted or the call is cancelled, by hand or by its timeout. */
    private void await(Call call, long millis) throws IOException {
        long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
        long start = ticker.nanoTime();
        try {
            long left = nanos;
            do {
                // First, so that an interrupt is seen also if there is nothing to wait for.
                ticker.sleep(Math.min(left, LOOK_NANOS));
                left = nanos - (ticker.nanoTime() - start);
            } while (left > 0 && !call.isCanceled());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("Retry was interrupted.");
            interrupted.initCause(e);
            throw interrupted;
        }
        if (call.isCanceled()) {
            throw new IOException("Canceled");
        }
    }
}
