package dev.llmpropagation.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OkHttpCopiesTest {

    private static final String CLASS = "okhttp3/OkHttpClient.class";

    @TempDir
    Path folder;

    @Test
    void oneOkHttp_isNoProblem() throws IOException {
        assertThat(problem(jar("okhttp-jvm-5.5.1.jar", CLASS), jar("okhttp-5.5.1.jar", "META-INF/MANIFEST.MF")))
                .isNull();
        assertThat(OkHttpCopies.problem(getClass().getClassLoader())).isNull();
    }

    /** As when a class loader and its parent have the same jar. */
    @Test
    void sameOkHttpTwice_isNoProblem() throws IOException {
        URL jar = jar("okhttp-jvm-5.5.1.jar", CLASS);
        try (URLClassLoader parent = new URLClassLoader(new URL[] {jar}, null);
                URLClassLoader loader = new URLClassLoader(new URL[] {jar}, parent)) {
            assertThat(OkHttpCopies.problem(loader)).isNull();
        }
    }

    @Test
    void twoOkHttps_areNamedWithoutTheirFolders() throws IOException {
        assertThat(problem(jar("okhttp-4.12.0.jar", CLASS), jar("okhttp-jvm-5.5.1.jar", CLASS)))
                .isEqualTo("There are 2 OkHttps on the class path, of which the first counts: okhttp-4.12.0.jar,"
                        + " okhttp-jvm-5.5.1.jar. For OkHttp 5 manage com.squareup.okhttp3:okhttp in the version of"
                        + " okhttp-jvm, where it is an empty jar; for OkHttp 4 exclude okhttp-jvm");
    }

    @Test
    void emptyOkHttp_isTold() throws IOException {
        assertThat(problem(jar("okhttp-5.5.1.jar", "META-INF/MANIFEST.MF")))
                .isEqualTo("There is no OkHttp on the class path. okhttp 5 is an empty jar for Maven: add"
                        + " com.squareup.okhttp3:okhttp-jvm in the same version");
    }

    @Test
    void classLoaderThatFails_saysNothing() {
        ClassLoader failing = new ClassLoader() {
            @Override
            public Enumeration<URL> getResources(String name) throws IOException {
                throw new IOException("closed");
            }
        };
        assertThat(OkHttpCopies.problem(failing)).isNull();
    }

    private static String problem(URL... jars) throws IOException {
        try (URLClassLoader loader = new URLClassLoader(jars, null)) {
            return OkHttpCopies.problem(loader);
        }
    }

    private URL jar(String name, String entry) throws IOException {
        Path file = folder.resolve(name);
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file))) {
            jar.putNextEntry(new ZipEntry(entry));
        }
        return file.toUri().toURL();
    }
}
