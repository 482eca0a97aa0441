package dev.llmpropagation.doctor;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The doctor in a JVM of its own, as its users start it. */
public final class DoctorProcess {

    private DoctorProcess() {}

    /**
     * What it prints is one stream. Its garbage collector is the one that users get, as tests bound its memory.
     *
     * @param options of the JVM, besides the one that lets it start soon
     */
    public static ProcessBuilder of(List<String> options, String... arguments) {
        List<String> command = Stream.of(
                        Stream.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-XX:TieredStopAtLevel=1"),
                        options.stream(),
                        Stream.of("-cp", System.getProperty("java.class.path"), Doctor.class.getName()),
                        Stream.of(arguments))
                .flatMap(part -> part)
                .toList();
        return new ProcessBuilder(command).redirectErrorStream(true);
    }
}
