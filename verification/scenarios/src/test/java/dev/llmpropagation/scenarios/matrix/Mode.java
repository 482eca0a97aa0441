package dev.llmpropagation.scenarios.matrix;

public enum Mode {
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

    public boolean async() {
        return async;
    }

    public boolean streams() {
        return streams;
    }
}
