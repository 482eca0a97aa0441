package dev.llmpropagation.doctor.listen;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ArrivalTest {

    @Test
    void text_showsNoKey() {
        Arrival arrival = new Arrival(1, "POST", "/v1beta/models?key=s3cr3t", "a chat", Map.of("api-key", "s3cr3t"));
        assertThat(arrival.toString()).contains("POST", "api-key").doesNotContain("s3cr3t");
    }
}
