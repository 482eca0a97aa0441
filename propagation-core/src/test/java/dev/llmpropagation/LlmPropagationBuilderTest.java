package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.opentelemetry.api.OpenTelemetry;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LlmPropagationBuilderTest {

    private final LlmPropagationBuilder builder = LlmPropagation.builder(OpenTelemetry.noop());

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization",
                "x-api-key",
                "Cookie",
                "traceparent",
                "tracestate",
                "Baggage",
                "Host",
                "Content-Length",
                "Range",
                "Cache-Control",
                "If-None-Match",
                "X-Forwarded-For",
                "Idempotency-Key",
                "X-Stainless-Retry-Count",
                "OpenAI-Organization",
                "x-goog-user-project",
                "b3",
                "X-B3-TraceId",
                "X-Auth-Token",
                "X-Gateway-Key",
                "Llm-Propagation-Call"
            })
    void ownHeader_cannotReplaceOneWithAnotherMeaning(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.sessionIdHeader(name))
                .withMessage("sessionIdHeader: " + name
                        + " has a meaning of its own, which an id would replace; use another name");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.requestIdHeader(name))
                .withMessageStartingWith("requestIdHeader: " + name);
    }

    @Test
    void headerNameWithAValueBehindIt_isRefusedWithoutTheValue() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.sessionIdHeader("X-Key\r\nsecret"))
                .withMessage("sessionIdHeader: no header name has the character U+000D, which comes after \"X-Key\";"
                        + " use letters, digits and hyphens");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.capturedRequestHeaders(List.of("X-Key: secret")))
                .withMessageStartingWith("capturedRequestHeaders: ")
                .withMessageContaining("U+003A")
                .withMessageNotContaining("secret");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.requestIdHeader(""))
                .withMessage("requestIdHeader: a header name is not empty; use letters, digits and hyphens");
    }

    @Test
    void credentials_areNeverShown() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.capturedRequestHeaders(List.of("X-Id", "Helicone-Auth")))
                .withMessage(
                        "capturedRequestHeaders: helicone-auth carries a credential, which no span may show; leave it"
                                + " out");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.shownQueryParameters(List.of("tenant", "Subscription-Key")))
                .withMessage(
                        "shownQueryParameters: subscription-key carries a credential, which no span may show; leave it"
                                + " out");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.shownQueryParameters(List.of("")))
                .withMessage("shownQueryParameters: a parameter's name is not empty");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.shownQueryParameters(Arrays.asList("a", null)))
                .withMessage("shownQueryParameters");
    }

    @Test
    void oneHeaderForBothIds_isRefused() {
        builder.sessionIdHeader("X-Id").requestIdHeader("x-id").build();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.requestId(true).build())
                .withMessage("requestIdHeader: \"x-id\" is the session header as well; give one of them another name");
    }

    @Test
    void null_isRefusedByTheNameOfItsSetting() {
        assertThatNullPointerException()
                .isThrownBy(() -> builder.capturedRequestHeaders(null))
                .withMessage("capturedRequestHeaders");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.capturedResponseHeaders(Arrays.asList("a", null)))
                .withMessage("capturedResponseHeaders");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.knownMethods(null))
                .withMessage("knownMethods");
        assertThatNullPointerException()
                .isThrownBy(() -> builder.knownMethods(Arrays.asList("GET", null)))
                .withMessage("knownMethods: one of them");
    }
}
