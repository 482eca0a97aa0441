package dev.llmpropagation.comparison.streams;

import java.lang.reflect.Method;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A thread for each task that costs as good as nothing. The benchmark runs on a JDK that has them, and is compiled by one without. */
final class VirtualThreads {

    private VirtualThreads() {}

    static ExecutorService executor() {
        try {
            Method method = Executors.class.getMethod("newVirtualThreadPerTaskExecutor");
            return (ExecutorService) method.invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("bin/streams needs JDK 21 or newer", e);
        }
    }
}
