package dev.llmpropagation.openai;

import com.openai.core.Page;
import com.openai.core.PageAsync;
import java.lang.reflect.Method;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Pages of a list fetch the next one by the service that made them: this makes it the facade's. */
final class Pages {

    private Pages() {}

    /**
     * @param result of a call
     * @param service the facade's, that the call was made on
     * @param executor for the page's auto pager
     * @return the same page with this service, or the result if it is none
     */
    static @Nullable Object adopted(@Nullable Object result, Object service, Executor executor) {
        if (!(result instanceof Page || result instanceof PageAsync)) {
            return result;
        }
        try {
            Object builder = result.getClass().getMethod("toBuilder").invoke(result);
            if (builder == null) {
                return result;
            }
            boolean adopted = set(builder, "service", service);
            set(builder, "streamHandlerExecutor", executor);
            Object page = builder.getClass().getMethod("build").invoke(builder);
            return adopted && page != null ? page : result;
        } catch (ReflectiveOperationException | RuntimeException e) {
            return result;
        }
    }

    private static boolean set(Object builder, String name, Object value) throws ReflectiveOperationException {
        for (Method method : builder.getClass().getMethods()) {
            if (method.getName().equals(name)
                    && method.getParameterCount() == 1
                    && method.getParameterTypes()[0].isInstance(value)) {
                method.invoke(builder, value);
                return true;
            }
        }
        return false;
    }
}
