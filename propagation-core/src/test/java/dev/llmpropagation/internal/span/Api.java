package dev.llmpropagation.internal.span;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.logs.data.LogRecordData;

/** What differs between the versions of OpenTelemetry that tests run with. */
public final class Api {

    private static final AttributeKey<String> EVENT_NAME = AttributeKey.stringKey("event.name");

    private Api() {}

    /** The name of an event; before 1.50 it is an attribute. */
    public static String eventName(LogRecordData log) {
        String name = log.getAttributes().get(EVENT_NAME);
        return name != null ? name : log.getEventName();
    }

    /** What an event says beside its name. */
    public static Attributes attributes(LogRecordData log) {
        return log.getAttributes().toBuilder().remove(EVENT_NAME).build();
    }

    /** Whether a caller can say in the Context that what follows is not to be told of. */
    public static boolean hasSuppression() {
        try {
            Class.forName("io.opentelemetry.api.impl.InstrumentationUtil");
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** Whether a getter tells of more than one value. */
    public static boolean hasGetAll() {
        try {
            io.opentelemetry.context.propagation.TextMapGetter.class.getMethod("getAll", Object.class, String.class);
            return true;
        } catch (NoSuchMethodException e) {
            return false;
        }
    }
}
