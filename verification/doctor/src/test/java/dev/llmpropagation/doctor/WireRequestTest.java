package dev.llmpropagation.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class WireRequestTest {

    @Test
    void text_showsNoKey() {
        WireRequest request = new WireRequest(
                ServiceName.GEMINI, "POST", "/v1beta/models?key=s3cr3t", Map.of("x-goog-api-key", "s3cr3t"));
        assertThat(request.toString()).contains("POST", "x-goog-api-key").doesNotContain("s3cr3t");
    }
}
