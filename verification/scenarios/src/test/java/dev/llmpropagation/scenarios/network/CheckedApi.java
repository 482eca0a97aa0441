package dev.llmpropagation.scenarios.network;

import dev.llmpropagation.scenarios.network.ScriptedService.Shape;
import java.util.List;

/** What the doctor is told to check, and how the key reaches the service. */
enum CheckedApi {
    OPENAI(Shape.OPENAI, "/v1", "m", "/v1/chat/completions"),
    GEMINI(Shape.GEMINI, "", "gemini-2.5-flash", "/v1/models/", "--provider", "gemini"),
    VERTEX_KEY(Shape.GEMINI, "", "gemini-2.5-flash", "/v1beta1/publishers/google/models/", "--provider", "vertex"),
    VERTEX_TOKEN(
            Shape.GEMINI,
            "",
            "gemini-2.5-flash",
            "/v1beta1/projects/p/locations/europe-west4/publishers/google/models/",
            "--provider",
            "vertex",
            "--project",
            "p",
            "--location",
            "europe-west4");

    final Shape shape;

    /** Of its base URL. */
    final String path;

    final String model;

    /** Of its calls. */
    final String callPath;

    final List<String> arguments;

    CheckedApi(Shape shape, String path, String model, String callPath, String... arguments) {
        this.shape = shape;
        this.path = path;
        this.model = model;
        this.callPath = callPath;
        this.arguments = List.of(arguments);
    }
}
