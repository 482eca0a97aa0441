package dev.llmpropagation.comparison.streams;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * What streams cost a program: processor time, memory held in mid-stream, time to the first chunk, allocation, threads.
 * The service is a process, and so is the program with each variant; they run in turn, a round each, so that a slow minute
 * of the machine meets all of them. Ratios are of rounds that ran one after the other.
 */
public final class StreamsBenchmark {

    private final Settings settings;

    private StreamsBenchmark(Settings settings) {
        this.settings = settings;
    }

    /** Arguments are {@code name=value}: those of {@link Settings}, lists with commas. */
    public static void main(String[] arguments) throws Exception {
        new StreamsBenchmark(Settings.of(arguments)).run();
    }

    private void run() throws Exception {
        try (Partner service = settings.process(List.of(), StreamsService.class)) {
            String url = "http://127.0.0.1:" + service.answer();
            System.out.printf(
                    "%d chunks of %d bytes; %d rounds after %d to warm up, %d with the heap; %s%n",
                    StreamsService.CHUNKS,
                    StreamsService.CHUNK_BYTES,
                    settings.rounds,
                    settings.warm,
                    settings.heapRounds,
                    System.getProperty("java.vm.name") + ' ' + System.getProperty("java.version"));
            for (StreamsApi api : settings.apis) {
                for (int streams : settings.streams) {
                    table(api, streams, measure(api, streams, url));
                }
            }
        }
    }

    private Map<StreamsVariant, List<StreamsRound>> measure(StreamsApi api, int streams, String url) throws Exception {
        Map<StreamsVariant, Partner> programs = new EnumMap<>(StreamsVariant.class);
        Map<StreamsVariant, List<StreamsRound>> rounds = new EnumMap<>(StreamsVariant.class);
        try {
            for (StreamsVariant variant : settings.variants) {
                if (variant.knows(api)) {
                    programs.put(variant, settings.program(variant, api, url));
                    rounds.put(variant, new ArrayList<>());
                }
            }
            for (int i = -settings.warm; i < settings.rounds + settings.heapRounds; i++) {
                boolean heap = i >= settings.rounds;
                for (Map.Entry<StreamsVariant, Partner> program : programs.entrySet()) {
                    program.getValue().tell(streams + " " + heap);
                    StreamsRound round = StreamsRound.of(program.getValue().answer());
                    if (i >= 0) {
                        rounds.get(program.getKey()).add(round);
                    }
                }
            }
        } finally {
            programs.values().forEach(Partner::close);
        }
        return rounds;
    }

    private void table(StreamsApi api, int streams, Map<StreamsVariant, List<StreamsRound>> measured) {
        System.out.printf("%n%s, %,d open streams%n%n", api, streams);
        System.out.println(
                "| variant | CPU per stream, µs | of bare, quartiles | CPU per chunk, µs | held per open stream, kB "
                        + "| above bare | left after, B | allocated per call, kB | first chunk p50, p99, ms | threads |");
        System.out.println("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        List<StreamsRound> bare = measured.get(StreamsVariant.BARE);
        measured.forEach((variant, rounds) -> {
            List<StreamsRound> timed = rounds.subList(0, settings.rounds);
            List<StreamsRound> weighed = rounds.subList(settings.rounds, rounds.size());
            double cpu = median(timed, StreamsRound::cpuNanos) / streams / 1e3;
            double held = median(weighed, StreamsRound::held) / streams / 1e3;
            String ratio = "";
            String more = "";
            if (bare != null) {
                double[] ratios = new double[settings.rounds];
                for (int i = 0; i < ratios.length; i++) {
                    ratios[i] = (double) rounds.get(i).cpuNanos() / bare.get(i).cpuNanos();
                }
                Arrays.sort(ratios);
                ratio = "%.3f (%.3f to %.3f)"
                        .formatted(quantile(ratios, 0.5), quantile(ratios, 0.25), quantile(ratios, 0.75));
                List<StreamsRound> bareWeighed = bare.subList(settings.rounds, bare.size());
                more = "%.1f".formatted(held - median(bareWeighed, StreamsRound::held) / streams / 1e3);
            }
            System.out.printf(
                    "| `%s` | %.0f | %s | %.2f | %.1f | %s | %.0f | %.1f | %.1f, %.1f | %.0f |%n",
                    variant,
                    cpu,
                    ratio,
                    cpu / StreamsService.CHUNKS,
                    held,
                    more,
                    median(weighed, StreamsRound::left) / streams,
                    median(timed, StreamsRound::allocated) / streams / 1e3,
                    median(timed, StreamsRound::firstChunkP50) / 1e6,
                    median(timed, StreamsRound::firstChunkP99) / 1e6,
                    median(timed, StreamsRound::threads));
        });
    }

    private static double median(List<StreamsRound> rounds, ToDoubleFunction<StreamsRound> figure) {
        return quantile(rounds.stream().mapToDouble(figure).sorted().toArray(), 0.5);
    }

    private static double quantile(double[] sorted, double part) {
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.round((sorted.length - 1) * part)];
    }

    /**
     * @param streams how many are open at a time, for each table
     * @param agent the agent's jar
     */
    private record Settings(
            List<Integer> streams,
            List<StreamsApi> apis,
            List<StreamsVariant> variants,
            int rounds,
            int warm,
            int heapRounds,
            String heap,
            Path agent) {

        static Settings of(String[] arguments) {
            Settings result = new Settings(
                    List.of(100, 1_000, 10_000),
                    List.of(StreamsApi.values()),
                    List.of(StreamsVariant.values()),
                    12,
                    8,
                    3,
                    "1500m",
                    Path.of(System.getProperty("streams.agent")));
            for (String argument : arguments) {
                String[] parts = argument.split("=", 2);
                if (parts.length != 2) {
                    throw new IllegalArgumentException("name=value, not " + argument);
                }
                result = result.with(parts[0], parts[1]);
            }
            return result;
        }

        private Settings with(String name, String value) {
            return switch (name) {
                case "streams" ->
                    new Settings(
                            values(value).map(Integer::valueOf).toList(),
                            apis,
                            variants,
                            rounds,
                            warm,
                            heapRounds,
                            heap,
                            agent);
                case "apis" ->
                    new Settings(
                            streams,
                            values(value).map(StreamsApi::valueOf).toList(),
                            variants,
                            rounds,
                            warm,
                            heapRounds,
                            heap,
                            agent);
                case "variants" ->
                    new Settings(
                            streams,
                            apis,
                            values(value).map(StreamsVariant::valueOf).toList(),
                            rounds,
                            warm,
                            heapRounds,
                            heap,
                            agent);
                case "rounds" ->
                    new Settings(streams, apis, variants, Integer.parseInt(value), warm, heapRounds, heap, agent);
                case "warm" ->
                    new Settings(streams, apis, variants, rounds, Integer.parseInt(value), heapRounds, heap, agent);
                case "heapRounds" ->
                    new Settings(streams, apis, variants, rounds, warm, Integer.parseInt(value), heap, agent);
                case "heap" -> new Settings(streams, apis, variants, rounds, warm, heapRounds, value, agent);
                default ->
                    throw new IllegalArgumentException(
                            "streams, apis, variants, rounds, warm, heapRounds and heap are known, not " + name);
            };
        }

        private static Stream<String> values(String list) {
            return Arrays.stream(list.split(",", -1));
        }

        Partner program(StreamsVariant variant, StreamsApi api, String url) throws IOException {
            List<String> options = new ArrayList<>(List.of("-Xms" + heap, "-Xmx" + heap));
            if (variant == StreamsVariant.AGENT) {
                options.add("-javaagent:" + agent);
                options.add("-Dotel.traces.exporter=none");
                options.add("-Dotel.metrics.exporter=none");
                options.add("-Dotel.logs.exporter=none");
            }
            return process(options, StreamsProgram.class, variant.name(), api.name(), url);
        }

        Partner process(List<String> options, Class<?> program, String... arguments) throws IOException {
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.add("-XX:+UseSerialGC");
            command.addAll(options);
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
            command.addAll(List.of(arguments));
            return new Partner(new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        }
    }

    /** A process that answers each line with a line. */
    private static final class Partner implements AutoCloseable {

        private final Process process;
        private final OutputStream commands;
        private final BufferedReader answers;

        Partner(Process process) {
            this.process = process;
            this.commands = process.getOutputStream();
            this.answers = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        }

        void tell(String command) {
            try {
                commands.write((command + '\n').getBytes(UTF_8));
                commands.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        String answer() throws IOException {
            String line = answers.readLine();
            if (line == null) {
                throw new IOException("The process ended: see what it printed");
            }
            return line;
        }

        @Override
        public void close() {
            process.destroy();
        }
    }
}
