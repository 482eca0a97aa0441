package dev.llmpropagation.verification.matrix;

enum Mode {
    SYNC(false, false),
    ASYNC(true, false),
    STREAMING(false, true),
    ASYNC_STREAMING(true, true);

    private final boolean async;
    private final boolean streams;

    Mode(boolean async, boolean streams) {
        this.async = async;
        this.streams = streams;
    }

    boolean async() {
        return async;
    }

    boolean streams() {
        return streams;
    }
}
