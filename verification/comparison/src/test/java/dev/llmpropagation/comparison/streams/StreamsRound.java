package dev.llmpropagation.comparison.streams;

/**
 * What one round of streams took of the program's process.
 *
 * @param cpuNanos processor time of all of them
 * @param allocated bytes, by all of them
 * @param held bytes that were reachable in mid-stream and not before, by all of them; 0 where it was not measured
 * @param left bytes that were reachable after them and not before
 * @param threads the most platform threads at a time
 * @param firstChunkP50 nanoseconds from the call to its first chunk
 * @param firstChunkP99 the same, of the slow ones
 */
record StreamsRound(
        long cpuNanos, long allocated, long held, long left, long threads, long firstChunkP50, long firstChunkP99) {

    String line() {
        return "round " + cpuNanos + ' ' + allocated + ' ' + held + ' ' + left + ' ' + threads + ' ' + firstChunkP50
                + ' ' + firstChunkP99;
    }

    static StreamsRound of(String line) {
        String[] words = line.split(" ", -1);
        return new StreamsRound(
                Long.parseLong(words[1]),
                Long.parseLong(words[2]),
                Long.parseLong(words[3]),
                Long.parseLong(words[4]),
                Long.parseLong(words[5]),
                Long.parseLong(words[6]),
                Long.parseLong(words[7]));
    }
}
