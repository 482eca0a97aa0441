package dev.llmpropagation.openai;

import java.lang.reflect.Method;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a program gets for a service of the SDK: {@link FacadeClass} makes a subclass for each of its interfaces. */
abstract class FacadeObject {

    private final Facade facade;
    private final List<Method> methods;

    /** @param methods of the interface, by the number that the subclass has for each */
    FacadeObject(Facade facade, List<Method> methods) {
        this.facade = facade;
        this.methods = methods;
    }

    Facade facade() {
        return facade;
    }

    /** All methods of a subclass are this one. What it throws leaves them as it is, declared or not. */
    final @Nullable Object call(int number, @Nullable Object[] arguments) throws Throwable {
        return facade.invoke(this, methods.get(number), arguments);
    }

    @Override
    public final boolean equals(@Nullable Object other) {
        return facade.isSame(other);
    }

    @Override
    public final int hashCode() {
        return facade.hashCodeOfService();
    }

    @Override
    public final String toString() {
        return facade.describe();
    }
}
