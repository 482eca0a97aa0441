package dev.llmpropagation.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.core.LogLevel;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The SDK's debug log shows the headers that the facade writes, since it stands above the wire. They say little. */
class DebugLogTest {

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    @Test
    void debugLog_showsTheBaseUrlAndTheIdOfAnAsyncCall() throws Exception {
        wire.answers(SdkWire.completion());
        OpenAIClient client =
                wire.client(OpenAiClientFactory.create(wire.propagation), sdk -> sdk.logLevel(LogLevel.DEBUG));
        PrintStream before = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try {
            SdkWire.ask(client);
            SdkWire.ask(client.async()).get(20, TimeUnit.SECONDS);
        } finally {
            System.setErr(before);
        }

        List<String> shown = log.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(SdkWire::isPrivate)
                .toList();
        String uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
        String baseUrl = "Llm-Propagation-" + uuid + ": " + wire.url("/") + " [0-9a-f]{64}";
        assertThat(shown).hasSize(3);
        assertThat(shown.get(0)).matches(baseUrl);
        assertThat(shown.subList(1, 3)).anyMatch(line -> line.matches(baseUrl));
        assertThat(shown.subList(1, 3)).anyMatch(line -> line.matches("Llm-Propagation-" + uuid + ": " + uuid));
    }
}
