package dev.llmpropagation.doctor;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The doctor in a JVM of its own, as its users start it. */
public final class DoctorProcess {

    private DoctorProcess() {}

    /**
     * What it prints is one stream.
     *
     * @param options of the JVM, besides those that let it start soon
     */
    public static ProcessBuilder of(List<String> options, String... arguments) {
        List<String> command = Stream.of(
                        Stream.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-XX:TieredStopAtLevel=1",
                                "-XX:+UseSerialGC"),
                        options.stream(),
                        Stream.of("-cp", System.getProperty("java.class.path"), Doctor.class.getName()),
                        Stream.of(arguments))
                .flatMap(part -> part)
                .toList();
        return new ProcessBuilder(command).redirectErrorStream(true);
    }
}
