package dev.llmpropagation.internal.model;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Server-sent events in whatever pieces they come: hands the data of each to the scanner as a document of its own. What
 * belongs to no {@code data} line is passed over, but for errors as gateways write them: in an event of that name, in a
 * line {@code error: {…}}, or as bare JSON between events.
 */
final class EventStream {

    private static final byte[] DATA = ascii("data:");
    private static final byte[] EVENT = ascii("event:");
    private static final byte[] ERROR = ascii("error:");
    private static final int ERROR_LENGTH = ERROR.length - 1; // as the name of an event, without the colon
    private static final byte[] END_MARK = ascii("[DONE]");
    private static final byte[] ERROR_DOCUMENT = ascii("{\"error\":");
    private static final byte[] LINE_BREAK = {'\n'};
    private static final int OTHER_TEXT = -1;
    private static final int MAX_RECORDINGS = 16;

    private enum State {
        LINE,
        NAME,
        DATA,
        EVENT_NAME,
        BARE_DOCUMENT,
        OTHER
    }

    private final JsonScanner json;
    private final ResponseReader reader;
    // Two, since the events of two choices, or of a response and its reasoning, may take turns.
    private @Nullable EventPattern plain;
    private @Nullable EventPattern plainToo;
    private int recordings;
    private State state = State.LINE;
    private byte[] name = DATA;
    private int matched;
    private int mark;
    private boolean markSeen;
    private int chunks;
    private boolean dataSeen;
    private boolean errorLine;
    private boolean errorEvent;
    private boolean afterReturn;

    EventStream(JsonScanner json, ResponseReader reader) {
        this.json = json;
        this.reader = reader;
    }

    /** Whether the service has said that this was all. */
    boolean markSeen() {
        return markSeen;
    }

    boolean dataSeen() {
        return dataSeen;
    }

    /** How many events up to now had something that the model said. */
    int chunks() {
        return chunks;
    }

    void accept(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            switch (state) {
                case LINE -> i = startLine(bytes, i);
                case NAME -> i = name(bytes, i, to);
                case DATA -> i = data(bytes, i, to);
                case EVENT_NAME -> i = eventName(bytes, i, to);
                case BARE_DOCUMENT -> i = bareDocument(bytes, i, to);
                case OTHER -> {
                    int end = JsonBytes.lineBreak(bytes, i, to);
                    i = endLine(bytes, end, to);
                }
            }
        }
    }

    private int startLine(byte[] bytes, int i) {
        byte b = bytes[i];
        boolean lineFeedOfReturn = afterReturn && b == '\n';
        afterReturn = b == '\r';
        if (lineFeedOfReturn) {
            return i + 1;
        }
        if (b == '\n' || b == '\r') {
            json.reset();
            errorEvent = false;
            return i + 1;
        }
        if (b == (byte) 0xef || b == (byte) 0xbb || b == (byte) 0xbf) {
            return i + 1; // a byte order mark is no part of the first name
        }
        matched = 0;
        if (b == '{') {
            json.reset();
            errorLine = false;
            state = State.BARE_DOCUMENT;
        } else {
            name = b == 'e' ? EVENT : DATA;
            state = State.NAME;
        }
        return i;
    }

    private int name(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            byte b = bytes[i];
            if (matched == 1 && name == EVENT && b == 'r') {
                name = ERROR;
            }
            if (b != name[matched]) {
                state = State.OTHER;
                return i;
            }
            i++;
            if (++matched == name.length) {
                startValue();
                return i;
            }
        }
        return i;
    }

    private void startValue() {
        if (name == DATA) {
            startData();
        } else if (name == EVENT) {
            state = State.EVENT_NAME;
            matched = 0;
        } else {
            json.reset();
            json.accept(ERROR_DOCUMENT, 0, ERROR_DOCUMENT.length);
            errorLine = true;
            state = State.BARE_DOCUMENT;
        }
    }

    private void startData() {
        state = State.DATA;
        mark = 0;
        dataSeen = true;
        if (errorEvent) {
            reader.errorEvent();
            errorEvent = false;
        }
        if (json.isDone()) {
            json.reset();
        } else if (!json.isFresh()) {
            json.accept(LINE_BREAK, 0, 1);
        }
    }

    private int data(byte[] bytes, int from, int to) {
        int end = JsonBytes.lineBreak(bytes, from, to);
        if (end == to || !json.isFresh()) {
            lookForMark(bytes, from, end);
            json.accept(bytes, from, end);
        } else if (!isPlain(bytes, from, end)) {
            lookForMark(bytes, from, end);
            readWhole(bytes, from, end);
        }
        if (end < to && reader.takeContent()) {
            chunks++;
        }
        return endLine(bytes, end, to);
    }

    /** Whether it tells nothing but that the model said something. */
    private boolean isPlain(byte[] bytes, int from, int to) {
        if (reader.takeNews()) { // patterns were learned before this was known
            plain = null;
            plainToo = null;
            return false;
        }
        EventPattern pattern = plain;
        if (pattern == null || !pattern.matches(bytes, from, to)) {
            pattern = plainToo;
            if (pattern == null || !pattern.matches(bytes, from, to)) {
                return false;
            }
        }
        if (pattern.hasContent()) {
            reader.begin(Field.CONTENT);
        }
        return true;
    }

    private void readWhole(byte[] bytes, int from, int to) {
        if (recordings == MAX_RECORDINGS || !reader.hasContent()) {
            json.accept(bytes, from, to);
            return;
        }
        EventPattern.Recorder recorder = new EventPattern.Recorder(bytes, from);
        recordings++;
        json.recordTo(recorder);
        try {
            json.accept(bytes, from, to);
        } finally {
            json.recordTo(null); // the recorder holds the bytes, which are part of a buffer that is not ours
        }
        EventPattern pattern = json.isDone() && !reader.hasNews() ? recorder.pattern(to) : null;
        if (pattern != null) {
            plainToo = plain;
            plain = pattern;
        }
    }

    /** For most events the first byte shows that they are no mark. */
    private void lookForMark(byte[] bytes, int from, int to) {
        for (int i = from; i < to && mark >= 0; i++) {
            byte b = bytes[i];
            if (b == ' ' && (mark == 0 || mark == END_MARK.length)) {
                continue;
            }
            mark = mark < END_MARK.length && b == END_MARK[mark] ? mark + 1 : OTHER_TEXT;
            markSeen |= mark == END_MARK.length;
        }
    }

    private int eventName(byte[] bytes, int from, int to) {
        int end = JsonBytes.lineBreak(bytes, from, to);
        for (int i = from; i < end; i++) {
            byte b = bytes[i];
            if (b == ' ' && matched == 0) {
                continue;
            }
            matched = matched >= 0 && matched < ERROR_LENGTH && b == ERROR[matched] ? matched + 1 : OTHER_TEXT;
        }
        if (end < to) {
            errorEvent = matched == ERROR_LENGTH;
        }
        return endLine(bytes, end, to);
    }

    /** It may go on over many lines. */
    private int bareDocument(byte[] bytes, int from, int to) {
        int end = JsonBytes.lineBreak(bytes, from, to);
        json.accept(bytes, from, end);
        if (end == to) {
            return to;
        }
        json.accept(LINE_BREAK, 0, 1); // ends a number or literal
        if (json.isLost() && errorLine) {
            reader.errorEvent(); // in words
        }
        if (json.isDone() || json.isLost() || (errorLine && json.isBetweenMembersOfRoot())) {
            json.reset();
            return endLine(bytes, end, to);
        }
        return end + 1;
    }

    private int endLine(byte[] bytes, int end, int to) {
        if (end == to) {
            return to;
        }
        afterReturn = bytes[end] == '\r';
        state = State.LINE;
        return end + 1;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
