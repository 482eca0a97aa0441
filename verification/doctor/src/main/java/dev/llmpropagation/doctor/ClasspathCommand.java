package dev.llmpropagation.doctor;

import dev.llmpropagation.internal.http.OkHttpCopies;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.StringTokenizer;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks at a class path of a program without running it. */
@Command(
        name = "classpath",
        description =
                "Says whether a program's class path has one OkHttp, and client and core of openai-java that belong"
                        + " together.",
        footerHeading = "%nExample:%n",
        footer = {
            "  mvn -q dependency:build-classpath -Dmdep.outputFile=target/classpath",
            "  doctor classpath \"$(cat target/classpath)\""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:all is well", "1:something is not", "2:wrong usage"})
final class ClasspathCommand implements Callable<Integer> {

    private static final Pattern TOLD = Pattern.compile(
            "(okhttp|okhttp-jvm|kotlin-stdlib|jackson-databind"
                    + "|jackson-annotations|openai-java-core|openai-java-client-okhttp|google-genai|opentelemetry-api)-\\d.*\\.jar");

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(paramLabel = "CLASSPATH", description = "Jars and folders, as the JVM's -classpath has them.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String classpath;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        List<URL> urls = new ArrayList<>();
        List<String> names = new ArrayList<>();
        StringTokenizer entries = new StringTokenizer(classpath.strip(), File.pathSeparator);
        while (entries.hasMoreTokens()) {
            String entry = entries.nextToken();
            urls.add(url(entry));
            names.add(new File(entry).getName());
        }
        names.stream().filter(name -> TOLD.matcher(name).matches()).sorted().forEach(out::println);
        List<String> problems = new ArrayList<>();
        try (URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new), null)) {
            String okhttp = OkHttpCopies.problem(loader);
            if (okhttp != null) {
                problems.add(okhttp);
            }
        }
        String client = version(names, "openai-java-client-okhttp");
        String core = version(names, "openai-java-core");
        if (client != null && core != null && !client.equals(core)) {
            problems.add("openai-java-core is " + core + ", and its client is " + client
                    + ": manage com.openai:openai-java-core in the version of the client");
        }
        problems.forEach(problem -> out.println("✗ " + problem + "."));
        if (problems.isEmpty()) {
            out.println("✓ One OkHttp.");
        }
        return problems.isEmpty() ? 0 : 1;
    }

    private URL url(String entry) throws MalformedURLException {
        Path path = Path.of(entry);
        if (!Files.exists(path)) {
            throw new ParameterException(
                    spec.commandLine(), "There is no " + path.getFileName() + " where it is said to be.");
        }
        return path.toUri().toURL();
    }

    private static @Nullable String version(List<String> names, String artifact) {
        Pattern jar = Pattern.compile(Pattern.quote(artifact) + "-(\\d.*)\\.jar");
        for (String name : names) {
            Matcher matcher = jar.matcher(name);
            if (matcher.matches()) {
                return matcher.group(1);
            }
        }
        return null;
    }
}
