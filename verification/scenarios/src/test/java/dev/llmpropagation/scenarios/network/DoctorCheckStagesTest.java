package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each stage of {@code doctor check} fails in turn, of each service. */
class DoctorCheckStagesTest extends DoctorCheckSetUp {

    @ParameterizedTest
    @EnumSource
    void unknownHost_failsAtDns(CheckedApi checked) throws Exception {
        start(checked);

        doctor.assertFailsInBothForms(11, "dns", "dns", to("http://nobody.invalid"));
    }

    @ParameterizedTest
    @EnumSource
    void closedPort_failsAtTcp(CheckedApi checked) throws Exception {
        start(checked);

        doctor.assertFailsInBothForms(12, "connect", "connect", to("http://localhost:" + RealServer.freePort()));
    }

    @ParameterizedTest
    @EnumSource
    void unknownIssuer_failsAtTlsAndIsNamed(CheckedApi checked) throws Exception {
        start(checked);
        try (ScriptedService tls = ScriptedService.https(checked.shape, CERTIFICATES)) {
            JsonNode report = doctor.assertFailsInBothForms(14, "tls", "tls", to("https://localhost:" + tls.port()));

            assertThat(report.at("/stages/3/detail").asText()).contains("company CA");
            assertThat(report.at("/stages/3/remedy").asText()).contains("--ca FILE");
        }
    }

    @ParameterizedTest
    @EnumSource
    void wrongKey_failsAtAuthentication(CheckedApi checked) throws Exception {
        start(checked);
        service.modelsStatus = 401;
        doctor.assertFailsInBothForms(15, "authentication", "unauthorized", args("--model", checked.model));
        service.modelsStatus = 403;
        doctor.assertFailsInBothForms(15, "authentication", "forbidden", args("--model", checked.model));
    }

    @ParameterizedTest
    @EnumSource
    void refusedCall_failsAtTheModel(CheckedApi checked) throws Exception {
        start(checked);
        service.callStatus = 404;
        doctor.assertFailsInBothForms(16, "model", "not_found", live());
        service.callStatus = 429;
        doctor.assertFailsInBothForms(16, "model", "throttled", live());
        service.callStatus = 503;
        doctor.assertFailsInBothForms(16, "model", "service_error", live());
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "GEMINI", "VERTEX_TOKEN"})
    void silentStream_failsAtTheFirstByte(CheckedApi checked) throws Exception {
        start(checked);
        service.chunks = 0;
        service.complete = false;
        service.stalls = true;

        doctor.assertFails(17, "first_byte", "timeout", live("--timeout", "3"));
    }

    @ParameterizedTest
    @EnumSource
    void brokenStream_failsAtItsEnd(CheckedApi checked) throws Exception {
        start(checked);
        service.complete = false;
        service.cut = true;

        doctor.assertFailsInBothForms(18, "end_of_stream", "stream_cut", live());
    }

    @ParameterizedTest
    @CsvSource({
        "OPENAI, ''",
        "GEMINI, ''",
        "OPENAI, 'data: {\"candidates\":[{\"con'",
        "GEMINI, 'data: {\"candidates\":[{\"con'"
    })
    void streamWithoutTheLastWord_failsAtItsEnd(CheckedApi checked, String rest) throws Exception {
        start(checked);
        service.complete = false;
        service.rest = rest;

        doctor.assertFails(18, "end_of_stream", "stream_cut", live());
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "GEMINI"})
    void streamOfSomethingElse_failsWhereItDoes(CheckedApi checked) throws Exception {
        start(checked);
        service.chunks = 0;
        service.complete = false;
        service.rest = "data: <html>\n\n";

        doctor.assertFailsInBothForms(17, "first_byte", "protocol", live());
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAI", "GEMINI"})
    void stalledStream_failsAtItsEnd(CheckedApi checked) throws Exception {
        start(checked);
        service.complete = false;
        service.stalls = true;

        doctor.assertFails(18, "end_of_stream", "timeout", live("--timeout", "3"));
    }
}
