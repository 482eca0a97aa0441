package dev.llmpropagation.internal.model;

import dev.llmpropagation.internal.model.EventPattern.Hole;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON in whatever pieces it comes, and tells of the places of a {@link JsonPaths}. Keeps a stack as deep as the
 * shape, and the part of a name or value that was cut between two pieces, if it is short. All else is skipped.
 *
 * <p>It takes more than JSON: commas and colons are not counted, and what is skipped is not checked. After a byte that
 * cannot stand there it reads no more of the document.
 */
final class JsonScanner {

    private static final int BRACES = '{' ^ '[';

    private enum State {
        VALUE,
        ELEMENT,
        MEMBER,
        NAME,
        STRING,
        SCALAR,
        CONTENT_STRING,
        CONTENT_ITEMS,
        ERROR_MEMBERS,
        SKIPPED_STRING,
        SKIPPED_SCALAR,
        SKIPPED_ITEMS,
        DONE,
        LOST
    }

    private final JsonPaths root;
    private final JsonHandler handler;
    private final JsonScalar scalar = new JsonScalar();

    private final JsonPaths[] shapes = new JsonPaths[JsonPaths.MAX_DEPTH];
    private int objects; // a bit for each depth; the others are arrays
    private int depth;
    private State state = State.VALUE;
    private @Nullable JsonPaths next;

    private int skippedDepth;
    private boolean inSkippedString;
    private boolean afterBackslash;

    private EventPattern.@Nullable Recorder recorder;

    JsonScanner(JsonPaths root, JsonHandler handler) {
        this.root = root;
        this.handler = handler;
        this.next = root;
    }

    /** Begins a new document. */
    void reset() {
        depth = 0;
        state = State.VALUE;
        next = root;
        afterBackslash = false;
        inSkippedString = false;
        scalar.reset();
    }

    boolean isDone() {
        return state == State.DONE;
    }

    /** Whether this is no JSON, as far as it was looked at. */
    boolean isLost() {
        return state == State.LOST;
    }

    /** Whether the outermost object may end, or go on with another member. */
    boolean isBetweenMembersOfRoot() {
        return state == State.MEMBER && depth == 1;
    }

    /** Whether nothing of a document was read yet. */
    boolean isFresh() {
        return state == State.VALUE && depth == 0;
    }

    /** Tells the recorder of what is skipped, as long as documents come in one piece. */
    void recordTo(EventPattern.@Nullable Recorder pattern) {
        recorder = pattern;
    }

    void accept(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            switch (state) {
                case MEMBER -> i = member(bytes, i, to);
                case VALUE, ELEMENT -> i = value(bytes, i, to);
                case NAME, STRING -> i = string(bytes, i, to);
                case SCALAR -> i = scalar(bytes, i, to);
                case CONTENT_STRING, CONTENT_ITEMS -> i = content(bytes, i);
                case ERROR_MEMBERS -> i = error(bytes, i);
                case SKIPPED_STRING -> i = skipString(bytes, i, to);
                case SKIPPED_SCALAR -> i = skipScalar(bytes, i, to);
                case SKIPPED_ITEMS -> i = skipItems(bytes, i, to);
                case DONE, LOST -> i = to;
            }
        }
        scalar.clear();
    }

    private int member(byte[] bytes, int from, int to) {
        int i = JsonBytes.skipBlanks(bytes, from, to);
        if (i == to) {
            return to;
        }
        switch (bytes[i]) {
            case '"' -> {
                int start = i + 1;
                int end = JsonBytes.quoteOrBackslash(bytes, start, to);
                if (end < to && bytes[end] == '"') {
                    next = shapes[depth - 1].member(bytes, start, end);
                    state = State.VALUE;
                    return value(bytes, end + 1, to);
                }
                state = State.NAME;
                return string(bytes, start, to);
            }
            case '}' -> pop();
            default -> state = State.LOST;
        }
        return i + 1;
    }

    private int value(byte[] bytes, int from, int to) {
        int i = JsonBytes.skipBlanks(bytes, from, to);
        if (i == to) {
            return to;
        }
        byte b = bytes[i];
        JsonPaths shape = next;
        Field field = shape == null ? null : shape.field();
        switch (b) {
            case '"' -> {
                if (field == null) {
                    state = State.SKIPPED_STRING;
                    return skipString(bytes, i + 1, to);
                }
                if (field == Field.CONTENT) {
                    state = State.CONTENT_STRING;
                } else {
                    state = State.STRING;
                    return string(bytes, i + 1, to);
                }
            }
            case '{' -> {
                if (shape != null && shape.hasMembers()) {
                    push(shape, true);
                    state = isError(field) ? State.ERROR_MEMBERS : State.MEMBER;
                } else {
                    return startItems(field, bytes, i + 1, to);
                }
            }
            case '[' -> {
                // A stream can be one array of documents.
                JsonPaths element = shape == null ? null : depth == 0 ? root : shape.element();
                if (shape != null && element != null) {
                    push(shape, false);
                    next = element;
                    state = State.ELEMENT;
                } else {
                    return startItems(field, bytes, i + 1, to);
                }
            }
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 't', 'f', 'n' -> {
                if (field == null || field == Field.CONTENT) {
                    state = State.SKIPPED_SCALAR;
                    return skipScalar(bytes, i, to);
                }
                state = State.SCALAR;
                return scalar(bytes, i, to);
            }
            default -> {
                if (state == State.ELEMENT && b == ']') {
                    pop();
                } else {
                    state = State.LOST;
                }
            }
        }
        return i + 1;
    }

    private int string(byte[] bytes, int from, int to) {
        int i = from;
        if (afterBackslash) {
            afterBackslash = false;
            i++;
        }
        while (true) {
            i = JsonBytes.quoteOrBackslash(bytes, i, to);
            if (i >= to) {
                scalar.keep(bytes, from, to);
                return to;
            }
            if (bytes[i] == '"') {
                break;
            }
            scalar.sawEscape();
            i += 2;
            if (i > to) {
                afterBackslash = true;
            }
        }
        scalar.take(bytes, from, i, true);
        if (state == State.NAME) {
            next = scalar.memberOf(shapes[depth - 1]);
            state = State.VALUE;
            return value(bytes, i + 1, to);
        }
        Field field = next == null ? null : next.field();
        if (recorder != null && field != null && handler.isSettled(field)) {
            recorder.hole(Hole.STRING, from, i);
        }
        tell();
        return i + 1;
    }

    private int scalar(byte[] bytes, int from, int to) {
        int end = JsonBytes.endOfScalar(bytes, from, to);
        if (end == to) {
            scalar.keep(bytes, from, to);
        } else {
            scalar.take(bytes, from, end, false);
            tell();
        }
        return end;
    }

    private void tell() {
        JsonPaths shape = next;
        Field field = shape == null ? null : shape.field();
        endValue();
        if (field != null) {
            handler.value(field, scalar);
        }
    }

    /** What the model made is there if it is not empty. */
    private int content(byte[] bytes, int i) {
        boolean string = state == State.CONTENT_STRING;
        byte b = bytes[i];
        if (!string && JsonBytes.isBlank(b)) {
            return i + 1;
        }
        if (string ? b != '"' : b != ']' && b != '}') {
            handler.begin(Field.CONTENT);
        }
        state = string ? State.SKIPPED_STRING : State.SKIPPED_ITEMS;
        return i;
    }

    private static boolean isError(@Nullable Field field) {
        return field == Field.ERROR || field == Field.CHOICE_ERROR;
    }

    /** Some services send an empty one with every response. */
    private int error(byte[] bytes, int i) {
        byte b = bytes[i];
        if (JsonBytes.isBlank(b)) {
            return i + 1;
        }
        if (b != '}') {
            handler.begin(Field.ERROR); // also for the error of a choice
        }
        state = State.MEMBER;
        return i;
    }

    private int startItems(@Nullable Field field, byte[] bytes, int from, int to) {
        skippedDepth = 1;
        if (field == Field.CONTENT) {
            state = State.CONTENT_ITEMS;
            return from;
        }
        state = State.SKIPPED_ITEMS;
        return skipItems(bytes, from, to);
    }

    private int skipString(byte[] bytes, int from, int to) {
        int i = closeString(bytes, from, to);
        if (i < 0) {
            return to;
        }
        if (recorder != null && (!isContent() || i - 1 > from)) {
            recorder.hole(isContent() ? Hole.TEXT : Hole.STRING, from, i - 1);
        }
        endValue();
        return i;
    }

    /** Of what is skipped. */
    private boolean isContent() {
        return next != null && next.field() == Field.CONTENT;
    }

    private int skipScalar(byte[] bytes, int from, int to) {
        int end = JsonBytes.endOfScalar(bytes, from, to);
        if (recorder != null) {
            recorder.hole(Hole.SCALAR, from, end);
        }
        if (end < to) {
            endValue();
        }
        return end;
    }

    private int skipItems(byte[] bytes, int from, int to) {
        int i = from;
        if (inSkippedString) {
            i = closeString(bytes, i, to);
            inSkippedString = i < 0;
        }
        int open = skippedDepth;
        while (i >= 0 && i < to) {
            byte b = bytes[i++];
            if (b == '"') {
                i = closeString(bytes, i, to);
                inSkippedString = i < 0;
                continue;
            }
            int bracket = b | BRACES; // turns [ and ] into { and }, and no other character
            if (bracket == '{') {
                open++;
            } else if (bracket == '}' && --open == 0) {
                if (recorder != null && (!isContent() || i - 1 > from)) {
                    recorder.hole(isContent() ? Hole.CONTENT_ITEMS : Hole.ITEMS, from, i);
                }
                endValue();
                return i;
            }
        }
        skippedDepth = open;
        return to;
    }

    /** @return what comes after the string, or -1 if it goes on */
    private int closeString(byte[] bytes, int from, int to) {
        int start = from;
        if (afterBackslash) {
            afterBackslash = false;
            start++;
        }
        int i = JsonBytes.closingQuote(bytes, start, to);
        if (i >= to) {
            afterBackslash = JsonBytes.isAfterBackslash(bytes, start, to);
            return -1;
        }
        return i + 1;
    }

    private void push(JsonPaths shape, boolean object) {
        shapes[depth] = shape;
        int bit = 1 << depth++;
        objects = object ? objects | bit : objects & ~bit;
        Field field = shape.field();
        if (field != null && !isError(field)) {
            handler.begin(field);
        }
    }

    private void pop() {
        Field field = shapes[--depth].field();
        endValue();
        if (field != null) {
            handler.end(field);
        }
    }

    private void endValue() {
        if (depth == 0) {
            state = State.DONE;
        } else if ((objects & 1 << (depth - 1)) != 0) {
            state = State.MEMBER;
        } else {
            next = depth == 1 ? root : shapes[depth - 1].element();
            state = State.ELEMENT;
        }
    }
}
