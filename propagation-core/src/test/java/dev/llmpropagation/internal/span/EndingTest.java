package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which end an exception tells of. */
class EndingTest {

    static Stream<Throwable> timeouts() {
        return Stream.of(
                new TimeoutException(),
                new SocketTimeoutException(),
                new HttpTimeoutException("late"),
                new InterruptedIOException("timeout"),
                new CompletionException(new ExecutionException(new TimeoutException())),
                new IOException(new TimeoutException()));
    }

    static Stream<Throwable> aborts() {
        return Stream.of(
                new CancellationException(),
                new InterruptedException(),
                new InterruptedIOException("interrupted"),
                new ClosedByInterruptException(),
                new IOException("Canceled"),
                new CompletionException(new CancellationException()),
                new IllegalStateException(new InterruptedException()));
    }

    @ParameterizedTest
    @MethodSource("timeouts")
    void timeout_isOneWhateverTheSignalSays(Throwable failure) {
        assertThat(Ending.of(failure, null).outcome()).isEqualTo(Outcome.TIMED_OUT);
        assertThat(Ending.of(failure, true).outcome()).isEqualTo(Outcome.TIMED_OUT);
    }

    @ParameterizedTest
    @MethodSource("aborts")
    void abort_isACancel_unlessTheSignalDeniesIt(Throwable failure) {
        assertThat(Ending.of(failure, null).outcome()).isEqualTo(Outcome.CANCELLED);
        assertThat(Ending.of(failure, true).outcome()).isEqualTo(Outcome.CANCELLED);
        assertThat(Ending.of(failure, false).outcome()).isEqualTo(Outcome.FAILED);
    }

    @Test
    void otherFailure_isOneAlsoIfTheSignalSaysCancelled() {
        IOException failure = new IOException("closed");
        assertThat(Ending.of(new CompletionException(failure), true))
                .isEqualTo(new Ending(Outcome.FAILED, null, null, failure, null));
    }

    @Test
    void causes_areLookedThroughEightDeep() {
        assertThat(Ending.of(nested(7, new TimeoutException()), null).outcome()).isEqualTo(Outcome.TIMED_OUT);
        assertThat(Ending.of(nested(8, new TimeoutException()), null).outcome()).isEqualTo(Outcome.FAILED);
        assertThat(Ending.of(nested(7, new CancellationException()), null).outcome())
                .isEqualTo(Outcome.CANCELLED);
        assertThat(Ending.of(nested(8, new CancellationException()), null).outcome())
                .isEqualTo(Outcome.FAILED);
    }

    @Test
    void wrappersOfFutures_areLookedThroughEightDeep() {
        IOException failure = new IOException();
        assertThat(Ending.unwrapped(failure)).isSameAs(failure);
        assertThat(Ending.unwrapped(wrapped(8, failure))).isSameAs(failure);
        assertThat(Ending.unwrapped(wrapped(9, failure)))
                .isInstanceOf(CompletionException.class)
                .hasCause(failure);
        Exception bare = new ExecutionException(null);
        assertThat(Ending.unwrapped(bare)).isSameAs(bare);
    }

    @Test
    void ringOfCauses_hasAnEnd() {
        Exception one = new Exception();
        Exception other = new Exception(one);
        one.initCause(other);
        assertThat(Ending.of(one, null).outcome()).isEqualTo(Outcome.FAILED);
    }

    @ParameterizedTest
    @CsvSource({
        "COMPLETED, success, false",
        "FAILED, error, true",
        "TIMED_OUT, error, true",
        "CANCELLED, cancelled, false",
        "INTERRUPTED, cancelled, false",
        "ABANDONED, cancelled, false",
    })
    void outcome_isOneOfThreeForTheReference(Outcome outcome, String status, boolean error) {
        assertThat(outcome.status()).isEqualTo(status);
        assertThat(outcome.isError()).isEqualTo(error);
    }

    private static Throwable nested(int depth, Throwable innermost) {
        Throwable failure = innermost;
        for (int i = 0; i < depth; i++) {
            failure = new IllegalStateException(failure);
        }
        return failure;
    }

    private static Throwable wrapped(int depth, Throwable innermost) {
        Throwable failure = innermost;
        for (int i = 0; i < depth; i++) {
            failure = new CompletionException(failure);
        }
        return failure;
    }

    @Test
    void text_namesTheExceptionAndNotItsWords() {
        assertThat(Ending.of(new IOException("Bearer s3cr3t"), null).toString())
                .contains("failed", "java.io.IOException")
                .doesNotContain("s3cr3t");
        assertThat(Ending.failed("cut", "of s3cr3t").toString()).contains("cut").doesNotContain("s3cr3t");
    }
}
