package dev.llmpropagation.agent;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.ContentGate;
import dev.llmpropagation.internal.span.Text;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Whether prompts, answers, tool arguments and results are recorded: the one gate of spans, log events and all else.
 * Off unless the program or the environment says otherwise. What passes is recorded whole or not at all, after the
 * program's redaction. Immutable; thread-safe if the redaction is.
 */
public final class ContentCapture {

    /** Longest text that is recorded by default, in characters. */
    public static final int DEFAULT_MAX_LENGTH = 1_048_576;

    static {
        ContentGate.OF_CAPTURE.open(ContentCapture.class, capture -> new ContentGate.Behind(capture.gate()));
    }

    static final String ENVIRONMENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
    private static final String PROPERTY = "otel.instrumentation.genai.capture-message-content";
    private static final int LARGEST_MAX_LENGTH = 104_857_600;

    private final boolean onSpans;
    private final boolean onEvents;
    private final boolean reasoning;
    private final int maxLength;
    private final UnaryOperator<@Nullable String> redaction;

    private ContentCapture(
            boolean onSpans,
            boolean onEvents,
            boolean reasoning,
            int maxLength,
            UnaryOperator<@Nullable String> redaction) {
        this.onSpans = onSpans;
        this.onEvents = onEvents;
        this.reasoning = reasoning;
        this.maxLength = maxLength;
        this.redaction = redaction;
    }

    /** Records no content. */
    public static ContentCapture off() {
        return new ContentCapture(false, false, false, DEFAULT_MAX_LENGTH, UnaryOperator.identity());
    }

    /** Records content on spans and log events. */
    public static ContentCapture on() {
        return new ContentCapture(true, true, false, DEFAULT_MAX_LENGTH, UnaryOperator.identity());
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
        return new ContentCapture(
                both || mode.equals("SPAN_ONLY"),
                both || mode.equals("EVENT_ONLY"),
                false,
                DEFAULT_MAX_LENGTH,
                UnaryOperator.identity());
    }

    /**
     * Changes each text before it is recorded: a prompt, an answer, arguments as JSON; of the messages of a model call each
     * part by itself. It returns the text to record, or null to record nothing of the attribute; if it throws, nothing is
     * recorded. Called on the thread that records, and only while capture is on. Default: the text itself.
     */
    public ContentCapture redaction(UnaryOperator<@Nullable String> hook) {
        return new ContentCapture(onSpans, onEvents, reasoning, maxLength, requireNonNull(hook, "redaction"));
    }

    /** Whether what a model thinks is recorded beside what it says, as far as its service tells. Default: false. */
    public ContentCapture reasoning(boolean enabled) {
        return new ContentCapture(onSpans, onEvents, enabled, maxLength, redaction);
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
        return new ContentCapture(onSpans, onEvents, reasoning, characters, redaction);
    }

    /** For model calls, whose messages are made of many texts; null while nothing is recorded. */
    @Nullable
    ContentGate gate() {
        return onSpans || onEvents ? new ContentGate(onSpans, onEvents, reasoning, maxLength, redaction) : null;
    }

    boolean isOnSpans() {
        return onSpans;
    }

    boolean isOnEvents() {
        return onEvents;
    }

    /** The text as a span may show it, or null. May throw what the redaction throws. */
    @Nullable
    String forSpan(@Nullable String text) {
        return onSpans ? admitted(text) : null;
    }

    /** The text as a log event may show it, or null. May throw what the redaction throws. */
    @Nullable
    String forEvent(@Nullable String text) {
        return onEvents ? admitted(text) : null;
    }

    private @Nullable String admitted(@Nullable String text) {
        if (text == null) {
            return null;
        }
        String redacted = redaction.apply(text);
        return redacted == null || redacted.length() > maxLength ? null : Text.wellFormed(redacted);
    }

    /** One message of the conventions' {@code gen_ai.input.messages} and {@code gen_ai.output.messages}. */
    static @Nullable String message(String role, @Nullable String text) {
        return text == null
                ? null
                : "[{\"role\":\"" + role + "\",\"parts\":[{\"type\":\"text\",\"content\":" + Text.json(text) + "}]}]";
    }

    @Override
    public String toString() {
        return "ContentCapture{spans=" + onSpans + ", events=" + onEvents + ", reasoning=" + reasoning + ", maxLength="
                + maxLength + '}';
    }
}
