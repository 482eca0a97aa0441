package dev.llmpropagation.gemini;

import static dev.llmpropagation.gemini.GeminiWire.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.google.genai.ReplayMode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @Test
    void replay_answersFromItsFileAndFindsTheRequestAsItWasRecorded(@TempDir Path directory) throws Exception {
        wire.answers(GeminiWire.answer());
        Files.writeString(directory.resolve("recorded"), """
                {"interactions": [{
                  "request": {
                    "method": "post",
                    "url": "%1$s/v1beta/models/gemini-2.5-flash:generateContent",
                    "headers": {
                      "Content-Type": "application/json",
                      "x-goog-api-key": "{REDACTED}",
                      "user-agent": "google-genai-sdk/{VERSION_NUMBER} {LANGUAGE_LABEL}/%2$s",
                      "x-goog-api-client": "google-genai-sdk/{VERSION_NUMBER} {LANGUAGE_LABEL}/%2$s"
                    },
                    "body_segments": [{"contents": [{"parts": [{"text": "hi"}], "role": "user"}]}]
                  },
                  "response": {"status_code": 200, "headers": {}, "body_segments": [%3$s]}
                }]}
                """.formatted(
                        wire.url(""),
                        System.getProperty("java.version").replaceAll("\\d+\\.\\d+\\.\\d+", "{VERSION_NUMBER}"),
                        GeminiWire.CHUNK.replace("hello", "replayed")));
        Client client = wire.client(sdk -> {
            sdk.httpOptions(wire.options().apiVersion("v1beta").build());
            ReplayMode.set(sdk, directory.toString());
        });
        ReplayMode.start(client, "recorded");
        assertThat(ask(client)).isEqualTo("replayed");
        assertThat(wire.requests()).isEmpty();
        assertThat(wire.attempts()).isEmpty();
    }
}
