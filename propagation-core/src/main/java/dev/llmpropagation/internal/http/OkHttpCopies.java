package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.Diagnostics;
import java.io.IOException;
import java.net.URL;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * How many OkHttps a program has. With two, the first on the class path counts, and the other's callers may fail; with an
 * empty one, as {@code okhttp} 5 is for Maven, no call is possible. Looks at resources alone, so that it needs no OkHttp.
 */
public final class OkHttpCopies {

    private static final String CLASS = "okhttp3/OkHttpClient.class";
    private static final AtomicBoolean TOLD = new AtomicBoolean();

    private OkHttpCopies() {}

    /** Tells what is wrong, once for the whole program. Never throws. */
    public static void tell(Diagnostics diagnostics) {
        if (!TOLD.compareAndSet(false, true)) {
            return;
        }
        String problem = problem(OkHttpCopies.class.getClassLoader());
        if (problem != null) {
            diagnostics.report(problem, null);
        }
    }

    /**
     * What is wrong with the OkHttps that this loader finds.
     *
     * @param loader null for that of the JVM
     * @return one line with the remedy; null if all is well, or if it cannot be known
     */
    public static @Nullable String problem(@Nullable ClassLoader loader) {
        Set<String> copies = new LinkedHashSet<>();
        try {
            for (URL url : Collections.list(
                    loader == null ? ClassLoader.getSystemResources(CLASS) : loader.getResources(CLASS))) {
                copies.add(url.toString());
            }
        } catch (IOException | RuntimeException e) { // a class loader of the program's
            return null;
        }
        if (copies.size() == 1) {
            return null;
        }
        if (copies.isEmpty()) {
            return "There is no OkHttp on the class path. okhttp 5 is an empty jar for Maven: add"
                    + " com.squareup.okhttp3:okhttp-jvm in the same version";
        }
        StringBuilder names = new StringBuilder();
        for (String copy : copies) {
            names.append(names.length() == 0 ? "" : ", ").append(jar(copy));
        }
        return "There are " + copies.size() + " OkHttps on the class path, of which the first counts: " + names
                + ". For OkHttp 5 manage com.squareup.okhttp3:okhttp in the version of okhttp-jvm, where it is an empty jar;"
                + " for OkHttp 4 exclude okhttp-jvm";
    }

    /** The name of the jar, without its folder: that is nobody's business. */
    private static String jar(String url) {
        int end = url.lastIndexOf("!/");
        String place = end < 0 ? url.substring(0, url.length() - CLASS.length() - 1) : url.substring(0, end);
        return place.substring(place.lastIndexOf('/') + 1);
    }
}
