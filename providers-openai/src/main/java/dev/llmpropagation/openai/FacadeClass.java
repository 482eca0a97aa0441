package dev.llmpropagation.openai;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The class of all facades of one interface. It is like that of a {@link Proxy}, but what the facade throws reaches the
 * caller as it is: the SDK is Kotlin, and throws checked exceptions that it does not declare. Immutable.
 */
final class FacadeClass {

    private static final MethodType CONSTRUCTOR = MethodType.methodType(void.class, Facade.class, List.class);
    private static final MethodType FACTORY = CONSTRUCTOR.changeReturnType(FacadeObject.class);

    private static final boolean NATIVE_IMAGE = System.getProperty("org.graalvm.nativeimage.imagecode") != null;

    private final Class<?> type;
    private final List<Method> methods;
    private final @Nullable MethodHandle constructor;

    private FacadeClass(Class<?> type, List<Method> methods, @Nullable MethodHandle constructor) {
        this.type = type;
        this.methods = methods;
        this.constructor = constructor;
    }

    static FacadeClass of(Class<?> type) {
        List<Method> methods = methodsOf(type);
        return new FacadeClass(type, methods, NATIVE_IMAGE ? null : constructor(type, methods));
    }

    /** What the program gets. */
    Object instance(Facade facade) throws Throwable {
        return constructor == null
                ? Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, facade)
                : (FacadeObject) constructor.invokeExact(facade, methods);
    }

    /** The facade behind such an object; null if it is none. */
    static @Nullable Facade facadeOf(@Nullable Object object) {
        if (object instanceof FacadeObject made) {
            return made.facade();
        }
        return object != null
                        && Proxy.isProxyClass(object.getClass())
                        && Proxy.getInvocationHandler(object) instanceof Facade facade
                ? facade
                : null;
    }

    /** Null where classes cannot be made, or where this class's loader knows another interface by that name. */
    private static @Nullable MethodHandle constructor(Class<?> type, List<Method> methods) {
        try {
            MethodHandles.Lookup here = MethodHandles.lookup();
            String name = FacadeClass.class.getPackageName() + '.' + type.getSimpleName() + "Facade";
            MethodHandles.Lookup made = here.defineHiddenClass(FacadeClassFile.of(name, type, methods), true);
            return type.isAssignableFrom(made.lookupClass())
                    ? made.findConstructor(made.lookupClass(), CONSTRUCTOR).asType(FACTORY)
                    : null;
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            return null;
        }
    }

    /** The same name and descriptor can come from several interfaces. */
    private static List<Method> methodsOf(Class<?> type) {
        Map<String, Method> methods = new LinkedHashMap<>();
        for (Method method : type.getMethods()) {
            if (!Modifier.isStatic(method.getModifiers())) {
                MethodType signature = MethodType.methodType(method.getReturnType(), method.getParameterTypes());
                methods.putIfAbsent(method.getName() + signature, method);
            }
        }
        return List.copyOf(methods.values());
    }
}
