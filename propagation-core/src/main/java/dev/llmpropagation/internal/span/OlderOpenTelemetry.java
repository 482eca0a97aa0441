package dev.llmpropagation.internal.span;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.logs.LogRecordBuilder;
import io.opentelemetry.api.logs.LoggerProvider;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What OpenTelemetry before 1.50 lacks, and what stands for it there. A parent like Spring Boot's decides the version. */
public final class OlderOpenTelemetry {

    private static final AttributeKey<String> EVENT_NAME = AttributeKey.stringKey("event.name");
    private static final boolean HAS_EVENT_NAME =
            present(() -> LoggerProvider.noop().get("").logRecordBuilder().setEventName(""));
    private static final boolean HAS_GET_ALL = present(() -> new NoFields().getAll("", ""));

    private OlderOpenTelemetry() {}

    /** Names a log event; before 1.50 by the attribute {@code event.name}, which backends read as its name. */
    public static LogRecordBuilder name(LogRecordBuilder log, String eventName) {
        return HAS_EVENT_NAME ? log.setEventName(eventName) : log.setAttribute(EVENT_NAME, eventName);
    }

    /** All values of a field; before 1.50 the first alone. */
    public static <C> Iterator<String> values(@Nullable C carrier, TextMapGetter<C> getter, String key) {
        if (HAS_GET_ALL) {
            return getter.getAll(carrier, key);
        }
        String value = getter.get(carrier, key);
        return value == null ? Collections.emptyIterator() : List.of(value).iterator();
    }

    /** Whether what this calls is there. Found out by a call: reflection would need metadata in native images. */
    public static boolean present(Runnable use) {
        try {
            use.run();
            return true;
        } catch (LinkageError e) {
            return false;
        }
    }

    private static final class NoFields implements TextMapGetter<String> {
        @Override
        @SuppressWarnings("deprecation") // abstract in the oldest API that we support
        public Iterable<String> keys(String carrier) {
            return List.of();
        }

        @Override
        public @Nullable String get(@Nullable String carrier, String key) {
            return null;
        }
    }
}
