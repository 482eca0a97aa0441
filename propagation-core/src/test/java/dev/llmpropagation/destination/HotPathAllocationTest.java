package dev.llmpropagation.destination;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.Predicate;
import okhttp3.HttpUrl;
import org.junit.jupiter.api.Test;

/** What is asked on every attempt must not feed the collector. */
class HotPathAllocationTest {

    private static final int CALLS = 10_000;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final List<HttpUrl> urls = List.of(
            HttpUrl.get("https://gw.example.com/v1/chat/completions?a=b"),
            HttpUrl.get("http://localhost:4318/v1/traces?a=b"),
            HttpUrl.get("http://[fd00::1:2]:8080/v1"),
            HttpUrl.get("http://10.1.2.3/v1"));

    @Test
    void policies_allocateNothing() {
        DestinationPolicy hosts =
                DestinationPolicy.hosts("a.example", "*.corp.example:443", "10.0.0.0/16", "[fd00::]/64", "::1");
        Origin origin = Origin.parse("baseUrl", "https://gw.example.com");

        assertAllocatesNothing(url -> hosts.allows(url, origin));
        assertAllocatesNothing(url -> DestinationPolicy.configuredOrigin().allows(url, origin));
    }

    @Test
    void otlpEndpoints_allocateNothing() {
        OtlpEndpoints endpoints = OtlpEndpoints.builder().build();

        assertAllocatesNothing(endpoints::matches);
    }

    private void assertAllocatesNothing(Predicate<HttpUrl> call) {
        int answers = run(call);
        long before = threads.getCurrentThreadAllocatedBytes();
        answers += run(call);
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(answers).isBetween(0, 2 * CALLS * urls.size());
        // One object per call would be 16 bytes at least; the slack is for the measurement itself.
        assertThat(bytes).isLessThan(CALLS);
    }

    private int run(Predicate<HttpUrl> call) {
        int answers = 0;
        for (int i = 0; i < CALLS; i++) {
            for (int j = 0; j < urls.size(); j++) {
                answers += call.test(urls.get(j)) ? 1 : 0;
            }
        }
        return answers;
    }
}
