package dev.llmpropagation.scenarios.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** Where a call through us ends otherwise than one through the bare SDK, and why. */
enum Difference {
    NONE(null),

    /** openai-java takes a cancelled call for a network failure and sends it again. */
    CANCELLED_CALL_IS_NOT_RETRIED(null) {
        @Override
        void verify(String bare, int bareRequests, String ours, int ourRequests) {
            assertThat(bare).isEqualTo("hello");
            assertThat(bareRequests).isEqualTo(2);
            assertThat(ours).startsWith("OpenAIIoException").endsWith("IOException");
            assertThat(ourRequests).isEqualTo(1);
        }
    },

    /** google-genai does not link its futures to their calls: nobody learns that the future was cancelled. */
    FUTURE_IS_NOT_LINKED_TO_THE_CALL(List.of(readsItAllTheSame() ? "completed" : "abandoned")) {
        @Override
        void verify(String bare, int bareRequests, String ours, int ourRequests) {
            assertThat(ours).isEqualTo(bare).startsWith("CancellationException");
            assertThat(ourRequests).isEqualTo(bareRequests).isEqualTo(1);
        }
    };

    /** Since google-genai 2 a stage behind the cancelled one reads the answer. */
    private static boolean readsItAllTheSame() {
        Properties artifact = new Properties();
        try (InputStream file =
                Client.class.getResourceAsStream("/META-INF/maven/com.google.genai/google-genai/pom.properties")) {
            artifact.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return !artifact.getProperty("version").startsWith("1.");
    }

    private final @Nullable List<String> outcomes;

    Difference(@Nullable List<String> outcomes) {
        this.outcomes = outcomes;
    }

    /** Instead of the fault's, or null. */
    @Nullable
    List<String> outcomes() {
        return outcomes;
    }

    void verify(String bare, int bareRequests, String ours, int ourRequests) {
        throw new IllegalStateException("nothing differs");
    }

    static Difference of(Sdk sdk, Mode mode, Fault fault) {
        if (fault == Fault.CALLER_CANCELS && sdk == Sdk.OPENAI && mode == Mode.SYNC) {
            return CANCELLED_CALL_IS_NOT_RETRIED;
        }
        if (fault == Fault.CALLER_CANCELS && sdk == Sdk.GEMINI && mode == Mode.ASYNC) {
            return FUTURE_IS_NOT_LINKED_TO_THE_CALL;
        }
        return NONE;
    }
}
