package dev.llmpropagation.doctor;

/** Who receives requests in the demo. */
enum ServiceName {
    OPENAI("openai"),
    GEMINI("gemini"),
    OTHER("other host");

    private final String shown;

    ServiceName(String shown) {
        this.shown = shown;
    }

    @Override
    public String toString() {
        return shown;
    }
}
