package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;

/** A missing program is a reason to skip, and to fail where none may be skipped. */
class RealServerTest {

    private static final String REQUIRED = "llm.require.networks";

    private final String asGiven = System.getProperty(REQUIRED);
    private final RealServer missing = new RealServer("no-such-program", "access.log") {
        @Override
        List<String> arguments() {
            return List.of();
        }

        @Override
        List<Integer> ports() {
            return List.of();
        }
    };

    @AfterEach
    void restore() {
        if (asGiven == null) {
            System.clearProperty(REQUIRED);
        } else {
            System.setProperty(REQUIRED, asGiven);
        }
    }

    @Test
    void missingProgram_isNamedAsTheReasonToSkip() {
        System.clearProperty(REQUIRED);

        ConditionEvaluationResult result = missing.evaluateExecutionCondition(null);

        assertThat(result.isDisabled()).isTrue();
        assertThat(result.getReason()).get().asString().contains("no-such-program is not installed");
    }

    @Test
    void missingProgram_failsWhereItIsRequired() {
        System.setProperty(REQUIRED, "true");

        assertThat(missing.evaluateExecutionCondition(null).isDisabled()).isFalse();
        assertThatThrownBy(() -> missing.beforeAll(null)).hasMessageContaining("no-such-program is not installed");
    }
}
