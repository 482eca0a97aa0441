package dev.llmpropagation.doctor.listen;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArrivalTest {

    @Test
    void text_showsNoKey() {
        Arrival arrival = new Arrival(1, "POST", "/v1beta/models?key=s3cr3t", "a chat", Map.of("api-key", "s3cr3t"));
        assertThat(arrival.toString()).contains("POST", "api-key").doesNotContain("s3cr3t");
    }

    @ParameterizedTest
    @CsvSource({
        "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01, true",
        "01-0123456789abcdef0123456789abcdef-0123456789abcdef-01-more, true",
        "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01-more, false",
        "ff-0123456789abcdef0123456789abcdef-0123456789abcdef-01, false",
        "00-0123456789ABCDEF0123456789abcdef-0123456789abcdef-01, false",
    })
    void traceparent_isReadAsServicesReadIt(String traceparent, boolean valid) {
        Arrival arrival = new Arrival(1, "POST", "/", "a chat", Map.of("traceparent", traceparent, "s", "1"));

        assertThat(arrival.parent() != null).isEqualTo(valid);
        assertThat(arrival.missing("s").isEmpty()).isEqualTo(valid);
    }
}
