package dev.llmpropagation.doctor.check;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;

/** Writes a report for a program, as docs/doctor-check.schema.json describes it. */
final class JsonReport {

    private static final int SCHEMA_VERSION = 1;
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private JsonReport() {}

    static void write(CheckReport report, PrintWriter out) throws IOException {
        out.println(MAPPER.writeValueAsString(json(report)));
        out.flush();
    }

    private static ObjectNode json(CheckReport report) {
        CheckPlan plan = report.plan();
        CheckStage failed = report.failed();
        StageResult failure = failed == null ? null : report.stages().get(failed);
        ObjectNode json = MAPPER.createObjectNode();
        json.put("schemaVersion", SCHEMA_VERSION);
        json.put("ok", failed == null);
        json.put("exitCode", report.exitCode());
        json.put("failedStage", failed == null ? null : failed.key());
        json.put(
                "failureClass",
                failure == null || failure.failure() == null
                        ? null
                        : failure.failure().key());
        json.putObject("target")
                .put("provider", plan.provider().name())
                .put("baseUrl", plan.secrets().mask(plan.baseUrl()))
                .put("model", plan.model())
                .put("live", plan.live())
                .put("stream", plan.stream());
        json.putObject("key")
                .put("source", plan.key().source())
                .put("present", plan.key().present());
        ArrayNode stages = json.putArray("stages");
        report.stages().forEach((stage, result) -> stages.addObject()
                .put("stage", stage.key())
                .put("status", result.status().key())
                .put("detail", plan.secrets().mask(result.detail()))
                .put("millis", result.millis())
                .put(
                        "failureClass",
                        result.failure() == null ? null : result.failure().key())
                .put("remedy", result.remedy().isEmpty() ? null : plan.secrets().mask(result.remedy())));
        ArrayNode headers = json.putArray("headers");
        report.headers().forEach(header -> headers.addObject()
                .put("name", header.name())
                .put("sent", header.sent())
                .put("reason", plan.secrets().mask(header.reason()))
                .put("seen", header.seen()));
        return json;
    }
}
