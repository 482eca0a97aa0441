package dev.llmpropagation.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClasspathCommandTest {

    private static final String OKHTTP = "okhttp3/OkHttpClient.class";

    @TempDir
    Path folder;

    private final StringWriter said = new StringWriter();

    @Test
    void classPathOfTheProviders_hasOneOkHttp() {
        assertThat(run(System.getProperty("java.class.path"))).isZero();
        assertThat(said.toString()).contains("okhttp-jvm-").endsWith("✓ One OkHttp.\n");
    }

    @Test
    void twoOkHttpsAndAnOlderCore_areTold() throws IOException {
        String classpath = String.join(
                File.pathSeparator,
                jar("okhttp-4.12.0.jar", OKHTTP),
                jar("okhttp-jvm-5.5.1.jar", OKHTTP),
                jar("openai-java-core-4.49.0.jar", "a"),
                jar("openai-java-client-okhttp-4.101.0.jar", "a"));
        assertThat(run(classpath)).isEqualTo(1);
        assertThat(said.toString()).isEqualTo("""
                        okhttp-4.12.0.jar
                        okhttp-jvm-5.5.1.jar
                        openai-java-client-okhttp-4.101.0.jar
                        openai-java-core-4.49.0.jar
                        ✗ There are 2 OkHttps on the class path, of which the first counts: okhttp-4.12.0.jar,\
                         okhttp-jvm-5.5.1.jar. For OkHttp 5 manage com.squareup.okhttp3:okhttp in the version of\
                         okhttp-jvm, where it is an empty jar; for OkHttp 4 exclude okhttp-jvm.
                        ✗ openai-java-core is 4.49.0, and its client is 4.101.0: manage com.openai:openai-java-core\
                         in the version of the client.
                        """);
    }

    @Test
    void emptyOkHttp_isTold() throws IOException {
        assertThat(run(jar("okhttp-5.5.1.jar", "META-INF/a"))).isEqualTo(1);
        assertThat(said.toString())
                .contains("There is no OkHttp on the class path")
                .contains("okhttp-jvm");
    }

    @Test
    void jarThatIsNotThere_isWrongUsage() {
        assertThat(run(folder.resolve("gone.jar").toString())).isEqualTo(2);
    }

    private int run(String classpath) {
        PrintStream out = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        return Doctor.commandLine(new Doctor(out, builder -> {}))
                .setOut(new PrintWriter(said, true))
                .setErr(new PrintWriter(new StringWriter(), true))
                .execute("classpath", classpath);
    }

    private String jar(String name, String entry) throws IOException {
        Path file = folder.resolve(name);
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file))) {
            jar.putNextEntry(new ZipEntry(entry));
        }
        return file.toString();
    }
}
