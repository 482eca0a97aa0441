package dev.llmpropagation.scenarios.soak;

import com.openai.core.Sleeper;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Retries come at once. */
final class NoSleep implements Sleeper {

    @Override
    public void sleep(Duration duration) {}

    @Override
    public CompletableFuture<Void> sleepAsync(Duration duration) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {}
}
