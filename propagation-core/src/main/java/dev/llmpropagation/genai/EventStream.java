package dev.llmpropagation.genai;

/**
 * Server-sent events in whatever pieces they come: hands the data of each to the scanner as a document of its own. What
 * belongs to no {@code data} line is passed over.
 */
final class EventStream {

    private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};
    private static final byte[] LINE_BREAK = {'\n'};

    private enum State {
        LINE,
        NAME,
        DATA,
        OTHER
    }

    private final JsonScanner json;
    private final ResponseReader reader;
    // Two, since the events of two choices, or of an answer and its reasoning, may take turns.
    private final PlainEvent[] plain = {new PlainEvent(), new PlainEvent()};
    private int oldest;
    private State state = State.LINE;
    private int matched;
    private boolean afterReturn;

    EventStream(JsonScanner json, ResponseReader reader) {
        this.json = json;
        this.reader = reader;
    }

    void accept(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            switch (state) {
                case LINE -> i = startLine(bytes, i);
                case NAME -> i = name(bytes, i, to);
                case DATA -> i = data(bytes, i, to);
                case OTHER -> {
                    int end = Bytes.lineBreak(bytes, i, to);
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
            return i + 1;
        }
        matched = 0;
        state = State.NAME;
        // A byte order mark is no part of the first name.
        return b == (byte) 0xef || b == (byte) 0xbb || b == (byte) 0xbf ? i + 1 : i;
    }

    private int name(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && bytes[i] == DATA[matched]) {
            i++;
            if (++matched == DATA.length) {
                startData();
                return i;
            }
        }
        if (i < to) {
            boolean mark = matched == 0 && (bytes[i] == (byte) 0xbb || bytes[i] == (byte) 0xbf);
            state = mark ? State.NAME : State.OTHER;
            return mark ? i + 1 : i;
        }
        return i;
    }

    private void startData() {
        state = State.DATA;
        if (json.isDone()) {
            json.reset();
        } else if (!json.isFresh()) {
            json.accept(LINE_BREAK, 0, 1);
        }
    }

    private int data(byte[] bytes, int from, int to) {
        boolean fresh = json.isFresh();
        if (fresh) {
            for (PlainEvent event : plain) {
                int end = event.end(bytes, from, to);
                if (end >= 0 && end < to && (bytes[end] == '\n' || bytes[end] == '\r')) {
                    return endLine(bytes, end, to);
                }
            }
        }
        int end = Bytes.lineBreak(bytes, from, to);
        if (fresh && end < to && reader.hasContent()) {
            record(bytes, from, end);
        } else {
            json.accept(bytes, from, end);
        }
        return endLine(bytes, end, to);
    }

    private void record(byte[] bytes, int from, int to) {
        PlainEvent event = plain[oldest];
        event.record(bytes, from, to);
        int facts = reader.facts();
        json.recordTo(event);
        json.accept(bytes, from, to);
        json.recordTo(null);
        if (json.isDone() && reader.facts() == facts) {
            oldest = (oldest + 1) % plain.length;
        } else {
            event.forget();
        }
    }

    private int endLine(byte[] bytes, int end, int to) {
        if (end == to) {
            return to;
        }
        afterReturn = bytes[end] == '\r';
        state = State.LINE;
        return end + 1;
    }
}
