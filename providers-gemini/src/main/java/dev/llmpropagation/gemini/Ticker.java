package dev.llmpropagation.gemini;

/** Time as a retry sees it, so that no test has to wait. */
interface Ticker {

    Ticker SYSTEM = new Ticker() {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            Thread.sleep(nanos / 1_000_000, (int) (nanos % 1_000_000));
        }
    };

    long nanoTime();

    /** @throws InterruptedException also if there is nothing to wait for */
    void sleep(long nanos) throws InterruptedException;
}
