package dev.llmpropagation.internal.model;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.CredentialPatterns;
import dev.llmpropagation.internal.span.Modality;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Gathers what a response says. */
final class ResponseReader implements JsonHandler {

    private static final int MAX_CHOICES = 128;
    private static final int MAX_CODE = 64;
    private static final int MAX_DIGITS = 6;
    private static final int MAX_WORD = 30;
    private static final String FAILED = "failed";
    private static final Set<String> TERMINAL = Set.of(
            "completed",
            "incomplete",
            FAILED,
            "cancelled",
            "requires_action",
            "requires_continuation",
            "budget_exceeded");
    private static final String ERROR = "error";

    /**
     * Reasons by which a service says that it could not finish: OpenRouter's and Mistral's; Zhipu's, for a fault of the
     * model's service; DeepSeek's, for one that has no room left. OpenAI and Gemini have none of these.
     */
    private static final Set<String> FAILURES = Set.of(ERROR, "network_error");

    private static final String OTHER = "_OTHER";
    private static final @Nullable String[] NONE = {}; // shared by all responses that have no reasons yet
    private static final Modality[] MODALITIES = Modality.values();

    private @Nullable String id;
    private @Nullable String model;
    private @Nullable String serviceTier;
    private @Nullable String systemFingerprint;

    private @Nullable String[] finishReasons = NONE;
    private int choices;
    private int position;
    private int index;
    private @Nullable String finishReason;
    private @Nullable String status;
    private @Nullable String incompleteReason;

    private boolean blocked;

    private boolean usage;
    private final TokenCounts counts = new TokenCounts();

    private boolean anyErrorCounts;
    private boolean error;
    private boolean errorEvent;
    private @Nullable String eventCode;
    private @Nullable String errorCode;
    private @Nullable String errorType;

    private @Nullable Modality modality;
    private long modalityTokens;

    private boolean content;
    private boolean newContent;
    private boolean news;

    boolean hasContent() {
        return content;
    }

    /** Whether the model said something since this was asked last. */
    boolean takeContent() {
        boolean taken = newContent;
        newContent = false;
        return taken;
    }

    /** As {@link #takeNews}, but leaves it as it is. */
    boolean hasNews() {
        return news;
    }

    /** Whether anything was said since this was asked last that had not been said before, but for content. */
    boolean takeNews() {
        boolean taken = news;
        news = false;
        return taken;
    }

    @Nullable
    String model() {
        return model;
    }

    @Override
    public void begin(Field field) {
        news |= field != Field.CHOICES && field != Field.CHOICE && (field != Field.CONTENT || !content);
        switch (field) {
            case CONTENT -> {
                content = true;
                newContent = true;
            }
            case INPUT_DETAIL, OUTPUT_DETAIL, CACHE_READ_DETAIL -> {
                modality = null;
                modalityTokens = 0;
            }
            case CHOICES -> position = 0;
            case CHOICE -> {
                index = position++;
                finishReason = null;
            }
            case USAGE -> {
                usage = true;
                counts.begin();
            }
            case ERROR, CHOICE_ERROR -> {
                error = true;
                errorCode = null;
                errorType = null;
            }
            default -> {}
        }
    }

    /** The SDK ends a stream at any error, even an empty one. */
    void countAnyError() {
        anyErrorCounts = true;
    }

    @Override
    public void end(Field field) {
        news |= field == Field.CHOICE ? index >= choices : field != Field.CHOICES;
        if (field == Field.ERROR && anyErrorCounts) {
            error = true;
        }
        counts.add(detail(field), modalityTokens);
        if (field != Field.CHOICE || index >= MAX_CHOICES) {
            return;
        }
        if (index >= choices) {
            choices = index + 1;
        }
        if (finishReason != null) {
            if (index >= finishReasons.length) {
                finishReasons = Arrays.copyOf(finishReasons, choices);
            }
            finishReasons[index] = finishReason;
        }
    }

    @Override
    public void value(Field field, JsonScalar value) {
        if (field == Field.ERROR && anyErrorCounts) {
            error = true;
            news = true;
        }
        if (value.isNull()) {
            return;
        }
        news |= isNews(field, value);
        switch (field) {
            case ID -> id = first(id, value);
            case MODEL -> model = first(model, value);
            case SYSTEM_FINGERPRINT -> systemFingerprint = first(systemFingerprint, value);
            // Each chunk repeats it: a text is made only where it differs.
            case SERVICE_TIER ->
                serviceTier = serviceTier != null && value.is(serviceTier) ? serviceTier : value.cutText();
            case CHOICE_INDEX -> {
                long count = value.count();
                index = count < 0 ? index : (int) Math.min(count, MAX_CHOICES);
            }
            case FINISH_REASON -> finishReason(value.is("") ? null : value.cutText());
            case STATUS -> status = value.cutText();
            case MODALITY -> modality = modality(value);
            case MODALITY_TOKENS -> modalityTokens = value.count();
            case BLOCK_REASON -> blocked = true;
            case INCOMPLETE_REASON -> incompleteReason = value.cutText();
            case ERROR, CHOICE_ERROR, STATUS_CODE, ERROR_CODE, EVENT_CODE, ERROR_TYPE, EVENT_TYPE ->
                failure(field, value);
            default -> counts.add(field, value.count());
        }
    }

    private void finishReason(@Nullable String reason) {
        finishReason = reason;
        if (reason != null && FAILURES.contains(reason)) {
            error = true;
            errorType = errorType == null ? reason : errorType;
        }
    }

    /** What tells that the service has failed, or how. */
    private void failure(Field field, JsonScalar value) {
        switch (field) {
            case ERROR, CHOICE_ERROR -> {
                if (value.isString() && !value.is("")) {
                    error = true;
                }
            }
            case STATUS_CODE -> {
                if (value.count() != 0 && !value.is("0")) {
                    error = true;
                    errorType = code(value);
                }
            }
            case ERROR_CODE -> {
                if (value.isString()) {
                    errorCode = value.cutText();
                } else if (errorType == null) {
                    errorType = code(value);
                }
            }
            case EVENT_CODE -> {
                if (eventCode == null) {
                    eventCode = code(value);
                }
            }
            case ERROR_TYPE -> errorType = value.cutText();
            case EVENT_TYPE -> {
                if (value.is(ERROR) && !errorEvent) {
                    errorEvent();
                }
            }
            default -> throw new IllegalArgumentException(field.name());
        }
    }

    /** Whether the value may tell something new; true if in doubt. */
    private boolean isNews(Field field, JsonScalar value) {
        return switch (field) {
            case ID, MODEL, SYSTEM_FINGERPRINT -> !isSettled(field);
            case SERVICE_TIER -> serviceTier == null || !value.is(serviceTier);
            case CHOICE_INDEX -> false; // what follows may be, but not the index
            case FINISH_REASON -> !value.is("");
            case EVENT_TYPE -> value.is(ERROR);
            default -> true;
        };
    }

    @Override
    public boolean isSettled(Field field) {
        return switch (field) {
            case ID -> id != null;
            case MODEL -> model != null;
            case SYSTEM_FINGERPRINT -> systemFingerprint != null;
            default -> false;
        };
    }

    /** Each of the two APIs has a spelling of its own. */
    private static @Nullable Modality modality(JsonScalar value) {
        for (Modality known : MODALITIES) {
            if (value.is(known.value) || value.is(known.name())) {
                return known;
            }
        }
        return null;
    }

    private @Nullable Attribute detail(Field field) {
        Modality known = modality;
        if (known == null) {
            return null;
        }
        return switch (field) {
            case INPUT_DETAIL -> known.input;
            case OUTPUT_DETAIL -> known.output;
            case CACHE_READ_DETAIL -> known.cacheRead;
            default -> null;
        };
    }

    /** An event of a stream that is an error by itself. */
    void errorEvent() {
        error = true;
        errorEvent = true;
        // Other events have a member "code" as well: the code that the model wrote for its interpreter.
        eventCode = null;
    }

    /** Whether the service has said why it ended, if of one choice alone. */
    boolean hasEnd() {
        if (blocked || error() != null || incompleteReason != null || (status != null && TERMINAL.contains(status))) {
            return true;
        }
        for (String reason : finishReasons) {
            if (reason != null) {
                return true;
            }
        }
        return false;
    }

    /**
     * @param stream whether the service would have said more: then an end without a reason is an error
     * @param left unless it was the program that did not read on
     */
    ResponseFacts result(boolean stream, boolean left, @Nullable Long firstChunkNanos) {
        String failure = error();
        // A program that reads an error stops there, so the rest is missing.
        return new ResponseFacts(
                id,
                model,
                reasons(stream, left && failure == null),
                usage || counts.any() ? counts.usage() : null,
                serviceTier,
                systemFingerprint,
                failure,
                firstChunkNanos);
    }

    /** What the service says went wrong; null if nothing did. */
    @Nullable
    String error() {
        return error || FAILED.equals(status) ? errorName() : null;
    }

    private List<String> reasons(boolean stream, boolean left) {
        if (status != null) {
            if (incompleteReason != null) {
                return List.of(incompleteReason);
            }
            if (TERMINAL.contains(status)) {
                return List.of(status);
            }
            // A document can describe work that goes on in the background.
            return stream && !left ? List.of(ERROR) : List.of();
        }
        if (choices == 1 && finishReasons.length > 0 && finishReasons[0] != null) {
            return List.of(finishReasons[0]);
        }
        List<String> reasons = new ArrayList<>(choices);
        for (int i = 0; i < choices; i++) {
            String reason = i < finishReasons.length ? finishReasons[i] : null;
            if (reason != null) {
                reasons.add(reason);
            } else if (!left) {
                reasons.add(ERROR);
            }
        }
        return List.copyOf(reasons);
    }

    /** The service's own code, if it is one: what it writes there in words may be anything. */
    private String errorName() {
        String known = errorCode == null && errorEvent ? eventCode : errorCode;
        String name = known != null ? known : errorType;
        return name != null && isCode(name) ? name : OTHER;
    }

    /** Whether it looks like a code: a few words or a number, no sentence and no key that the service echoes. */
    private static boolean isCode(String name) {
        if (name.isEmpty() || name.length() > MAX_CODE || CredentialPatterns.areIn(name)) {
            return false;
        }
        int digits = 0;
        int word = 0;
        int humps = 0; // capitals after small letters: a random text has more than words have
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean capital = c >= 'A' && c <= 'Z';
            boolean letter = capital || (c >= 'a' && c <= 'z');
            boolean digit = c >= '0' && c <= '9';
            if (!letter && !digit && "_-.".indexOf(c) < 0) {
                return false;
            }
            boolean hump = capital && i > 0 && Character.isLowerCase(name.charAt(i - 1));
            humps += hump ? 1 : 0;
            digits += digit ? 1 : 0;
            word = letter && !hump ? word + 1 : letter ? 1 : 0;
            if (digits > MAX_DIGITS || word > MAX_WORD) {
                return false;
            }
        }
        return humps * 3 <= name.length();
    }

    private static @Nullable String code(JsonScalar value) {
        if (value.isString()) {
            return value.cutText();
        }
        return value.count() < 0 ? null : Long.toString(value.count());
    }

    private @Nullable String first(@Nullable String known, JsonScalar value) {
        // Azure's first event and those of its filter leave them empty.
        return known != null || value.is("") ? known : value.cutText();
    }
}
