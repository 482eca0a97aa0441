package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FewValuesTest {

    private static final int ROUNDS = 200_000;

    @Test
    void valuesThatStay_areTheFirst() {
        FewValues few = new FewValues(2);
        assertThat(Stream.of("a", "b", "a", "c", "b", "c").map(few::of))
                .containsExactly("a", "b", "a", FewValues.OTHER, "b", FewValues.OTHER);
        assertThat(few.admits("b")).isTrue();
        assertThat(few.admits("c")).isFalse();
    }

    /** Both take the last place for it, one a little before the other. */
    @Test
    void valueOfTwoThreads_staysForBoth() throws Exception {
        List<FewValues> rounds =
                Stream.generate(() -> new FewValues(1)).limit(ROUNDS).toList();
        CyclicBarrier start = new CyclicBarrier(2);
        Callable<Long> asking = () -> {
            start.await();
            return rounds.stream()
                    .filter(few -> few.of("a").equals(FewValues.OTHER))
                    .count();
        };
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            long others = 0;
            for (Future<Long> told :
                    Stream.of(asking, asking).map(threads::submit).collect(Collectors.toList())) {
                others += told.get();
            }
            assertThat(others).isZero();
        } finally {
            threads.shutdownNow();
        }
    }
}
