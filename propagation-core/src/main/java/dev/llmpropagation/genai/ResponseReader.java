package dev.llmpropagation.genai;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Gathers what a response says. */
final class ResponseReader implements JsonScanner.Handler {

    private static final int MAX_CHOICES = 128;
    private static final Set<String> TERMINAL =
            Set.of("completed", "incomplete", "failed", "cancelled", "requires_action", "budget_exceeded");
    private static final String ERROR = "error";
    private static final String OTHER = "_OTHER";

    private @Nullable String id;
    private @Nullable String model;
    private @Nullable String serviceTier;
    private @Nullable String systemFingerprint;

    private @Nullable String[] finishReasons = {};
    private int choices;
    private int position;
    private int index;
    private @Nullable String finishReason;
    private @Nullable String status;
    private @Nullable String incompleteReason;

    private boolean usage;
    private final TokenCounts counts = new TokenCounts();

    private boolean error;
    private @Nullable String errorCode;
    private @Nullable String errorType;

    private boolean content;
    private int facts;

    boolean hasContent() {
        return content;
    }

    /** Grows with every fact that a later one may replace or that is new. */
    int facts() {
        return facts;
    }

    @Override
    public void begin(Field field) {
        switch (field) {
            case CONTENT -> content = true;
            case CHOICES -> position = 0;
            case CHOICE -> {
                index = position++;
                finishReason = null;
            }
            case USAGE -> {
                usage = true;
                counts.clear();
                facts++;
            }
            case ERROR -> {
                error = true;
                errorCode = null;
                errorType = null;
                facts++;
            }
            default -> {}
        }
    }

    @Override
    public void end(Field field) {
        if (field != Field.CHOICE || index >= MAX_CHOICES) {
            return;
        }
        if (index >= choices) {
            choices = index + 1;
            facts++;
        }
        if (finishReason != null) {
            if (index >= finishReasons.length) {
                finishReasons = Arrays.copyOf(finishReasons, choices);
            }
            finishReasons[index] = finishReason;
            facts++;
        }
    }

    @Override
    public void value(Field field, Scalar value) {
        if (value.isNull()) {
            return;
        }
        switch (field) {
            case ID -> id = first(id, value);
            case MODEL -> model = first(model, value);
            case SYSTEM_FINGERPRINT -> systemFingerprint = first(systemFingerprint, value);
            case SERVICE_TIER -> serviceTier = last(value);
            case CHOICE_INDEX -> {
                long count = value.count();
                index = count < 0 ? index : (int) Math.min(count, MAX_CHOICES);
            }
            case FINISH_REASON -> finishReason = value.text();
            case STATUS -> status = last(value);
            case INCOMPLETE_REASON -> incompleteReason = last(value);
            case ERROR -> {
                error |= value.isString();
                facts++;
            }
            case ERROR_CODE -> {
                facts++;
                if (value.isString()) {
                    errorCode = value.text();
                } else if (errorType == null && value.count() >= 0) {
                    errorType = Long.toString(value.count());
                }
            }
            case ERROR_TYPE -> errorType = last(value);
            case EVENT_TYPE -> {
                if (value.is(ERROR)) {
                    error = true;
                    facts++;
                }
            }
            default -> {
                if (counts.add(field, value.count())) {
                    facts++;
                }
            }
        }
    }

    ResponseFacts result(@Nullable Long firstChunkNanos) {
        return new ResponseFacts(
                id,
                model,
                reasons(),
                usage || counts.any() ? counts.usage() : null,
                serviceTier,
                systemFingerprint,
                error ? errorName() : null,
                firstChunkNanos);
    }

    private List<String> reasons() {
        if (status != null) {
            String end = TERMINAL.contains(status) ? status : ERROR;
            return List.of(incompleteReason == null ? end : incompleteReason);
        }
        List<String> reasons = new ArrayList<>(choices);
        for (int i = 0; i < choices; i++) {
            String reason = i < finishReasons.length ? finishReasons[i] : null;
            reasons.add(reason == null ? ERROR : reason);
        }
        return List.copyOf(reasons);
    }

    /** The service's own code, if it is one: what it writes there in words may be anything. */
    private String errorName() {
        String name = errorCode != null ? errorCode : errorType;
        if (name == null || name.isEmpty() || name.length() > 64) {
            return OTHER;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c > 'z' || (!Character.isLetterOrDigit(c) && "_-.".indexOf(c) < 0)) {
                return OTHER;
            }
        }
        return name;
    }

    private @Nullable String first(@Nullable String known, Scalar value) {
        return known != null ? known : last(value);
    }

    private @Nullable String last(Scalar value) {
        facts++;
        return value.text();
    }
}
