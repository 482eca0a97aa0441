package dev.llmpropagation.agent;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.ContentGate;
import dev.llmpropagation.internal.span.SpanText;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Whether prompts, responses, tool arguments and results are recorded: the one gate of spans, log events and all else.
 * Off unless the program or the environment says otherwise. What passes is recorded whole or not at all, after the
 * program's redaction. Immutable; thread-safe if the redaction is.
 */
public final class ContentCapture {

    /** Longest text that is recorded by default, in characters. */
    public static final int DEFAULT_MAX_LENGTH = 1_048_576;

    static {
        ContentGate.OF_CAPTURE.open(ContentCapture.class, ContentCapture::gate);
    }

    static final String ENVIRONMENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
    private static final String PROPERTY = "otel.instrumentation.genai.capture-message-content";
    private static final int LARGEST_MAX_LENGTH = 104_857_600;

    private final ContentGate gate;

    private ContentCapture(ContentGate gate) {
        this.gate = gate;
    }

    private static ContentCapture of(boolean onSpans, boolean onEvents) {
        return new ContentCapture(
                new ContentGate(onSpans, onEvents, false, DEFAULT_MAX_LENGTH, UnaryOperator.identity()));
    }

    /** Records no content. */
    public static ContentCapture off() {
        return of(false, false);
    }

    /** Records content on spans and log events. */
    public static ContentCapture on() {
        return of(true, true);
    }

    /**
     * What the system property {@code otel.instrumentation.genai.capture-message-content} says, else the variable {@code
     * OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT}: {@code true} or {@code SPAN_AND_EVENT}, {@code SPAN_ONLY},
     * {@code EVENT_ONLY}, any case. Anything else is off.
     */
    public static ContentCapture fromEnvironment() {
        return parse(System.getProperty(PROPERTY, System.getenv(ENVIRONMENT)));
    }

    static ContentCapture parse(@Nullable String value) {
        String mode = value == null ? "" : value.trim().toUpperCase(Locale.ROOT);
        boolean both = mode.equals("TRUE") || mode.equals("SPAN_AND_EVENT");
        return of(both || mode.equals("SPAN_ONLY"), both || mode.equals("EVENT_ONLY"));
    }

    /**
     * Changes each text before it is recorded: a prompt, a response, arguments as JSON; of the messages of a model call
     * each part by itself. It returns the text to record, or null to record nothing of the attribute; if it throws,
     * nothing is recorded. Called on the thread that records, and only while capture is on. Default: the text itself.
     */
    public ContentCapture redaction(UnaryOperator<@Nullable String> hook) {
        return with(gate.reasoning(), gate.maxLength(), requireNonNull(hook, "redaction"));
    }

    /** Whether what a model thinks is recorded beside what it says, as far as its service tells. Default: false. */
    public ContentCapture reasoning(boolean enabled) {
        return with(enabled, gate.maxLength(), gate.redaction());
    }

    /**
     * Longest attribute that is recorded, in characters, after redaction; a longer one is left out whole. So are texts of
     * a model call, or of the arguments or the result of a tool over MCP, that are longer in all before redaction, and a
     * model call that has more than 32 times as many bytes with images and files, which are shown by type and size alone.
     * Default: {@value #DEFAULT_MAX_LENGTH}.
     *
     * @throws IllegalArgumentException unless it is 1 to 104857600
     */
    public ContentCapture maxLength(int characters) {
        if (characters < 1 || characters > LARGEST_MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "maxLength: " + characters + " is out of range; use 1 to " + LARGEST_MAX_LENGTH + " characters");
        }
        return with(gate.reasoning(), characters, gate.redaction());
    }

    private ContentCapture with(boolean reasoning, int maxLength, UnaryOperator<@Nullable String> redaction) {
        return new ContentCapture(new ContentGate(gate.onSpans(), gate.onEvents(), reasoning, maxLength, redaction));
    }

    ContentGate gate() {
        return gate;
    }

    /** One message of the conventions' {@code gen_ai.input.messages} and {@code gen_ai.output.messages}. */
    static @Nullable String message(String role, @Nullable String text) {
        return text == null
                ? null
                : "[{\"role\":\"" + role + "\",\"parts\":[{\"type\":\"text\",\"content\":" + SpanText.json(text)
                        + "}]}]";
    }

    @Override
    public String toString() {
        return "ContentCapture{spans=" + gate.onSpans() + ", events=" + gate.onEvents() + ", reasoning="
                + gate.reasoning() + ", maxLength=" + gate.maxLength() + '}';
    }
}
