package dev.llmpropagation.mcp;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;

/**
 * Whether a wrapper passes on all that the SDK can ask of what it wraps. A later version may have methods that nobody here
 * knows; called on a wrapper they would answer for the wrapper, so there it is better to wrap nothing.
 */
final class SdkMethods {

    private SdkMethods() {}

    /** Without metadata a native image has no methods to compare; its SDK is the one that it was built with. */
    static boolean areAllIn(Class<?> wrapper, Class<?> wrapped) {
        return Arrays.stream(wrapped.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers())
                        && !Modifier.isFinal(method.getModifiers())
                        && method.getDeclaringClass() != Object.class
                        // A default method calls other methods of the interface, and those are passed on.
                        && (wrapped.isInterface() || !method.isDefault()))
                .allMatch(method -> isIn(wrapper, method, wrapped));
    }

    /** By a class of ours: neither by the SDK's own, nor by default of an interface. */
    private static boolean isIn(Class<?> wrapper, Method method, Class<?> wrapped) {
        try {
            Class<?> declaring = wrapper.getMethod(method.getName(), method.getParameterTypes())
                    .getDeclaringClass();
            return !declaring.isInterface() && !declaring.isAssignableFrom(wrapped);
        } catch (NoSuchMethodException e) {
            return false;
        }
    }
}
