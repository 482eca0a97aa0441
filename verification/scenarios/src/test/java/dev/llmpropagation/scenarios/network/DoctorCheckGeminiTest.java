package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code doctor check} of the Gemini API and of Vertex AI. */
class DoctorCheckGeminiTest extends DoctorCheckSetUp {

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OPENAI")
    void goodService_passesAllStages(CheckedApi checked) throws Exception {
        start(checked);
        JsonNode report = doctor.json(0, live());

        assertThat(DoctorOutput.statuses(report))
                .containsExactly("passed", "passed", "skipped", "skipped", "passed", "passed", "passed", "passed");
        assertThat(report.at("/target/provider").asText())
                .isEqualTo(checked == CheckedApi.GEMINI ? "gemini" : "vertex");
        report.path("headers")
                .forEach(header ->
                        assertThat(header.path("seen")).as(header.toString()).isEqualTo(header.path("sent")));
        assertThat(service.received()).hasSize(2);
        assertThat(service.received().get(0)).startsWith("GET ").endsWith("/models/" + api.model);
        assertThat(service.received().get(1))
                .isEqualTo("POST " + checked.callPath + api.model + ":streamGenerateContent?alt=sse");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OPENAI")
    void withoutAModel_theListIsAskedFor(CheckedApi checked) throws Exception {
        start(checked);
        JsonNode report = doctor.json(0, args());

        assertThat(report.at("/stages/4/status").asText()).isEqualTo("passed");
        assertThat(report.at("/stages/5/status").asText()).isEqualTo("skipped");
        assertThat(service.received())
                .singleElement()
                .asString()
                .startsWith("GET ")
                .contains("models");
    }

    @Test
    void answerInOnePiece_passes() throws Exception {
        start(CheckedApi.GEMINI);
        service.whole = """
                {"candidates":[{"content":{"role":"model","parts":[{"text":"a"}]},"finishReason":"STOP","index":0}]}""";
        JsonNode report = doctor.json(0, live("--no-stream"));

        assertThat(DoctorOutput.statuses(report)).endsWith("passed", "skipped", "skipped");
        assertThat(service.received().get(1)).endsWith(":generateContent");
    }

    @Test
    void answerInOnePiece_withoutAWordOfTheModel_failsAtTheModel() throws Exception {
        start(CheckedApi.GEMINI);

        doctor.assertFails(16, "model", "protocol", live("--no-stream"));
    }

    @Test
    void wrongKeyInGeminisOwnWords_failsAtAuthentication() throws Exception {
        start(CheckedApi.GEMINI);
        service.modelsStatus = 400;
        service.errorMessage = "API key not valid. Please pass a valid API key. " + KEY;

        JsonNode report = doctor.assertFails(15, "authentication", "unauthorized", args());

        assertThat(report.at("/stages/4/detail").asText()).contains("status 400");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OPENAI")
    void unknownModel_failsAtTheModel(CheckedApi checked) throws Exception {
        start(checked);
        service.modelsStatus = 404;

        JsonNode report = doctor.assertFails(16, "model", "not_found", args("--model", api.model));

        assertThat(report.at("/stages/4/status").asText()).isEqualTo("passed");
        assertThat(report.at("/stages/5/detail").asText()).contains(api.model);
    }
}
