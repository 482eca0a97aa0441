package dev.llmpropagation.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OkHttpClient;
import com.openai.core.ClientOptions;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The classes that are made for interfaces: every shape of method, every service of the SDK, several class loaders. */
class FacadeClassTest {

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    /** Methods as no SDK has them all, and {@code withOptions} as each has. */
    public interface Zoo extends Base<String>, AutoCloseable {
        Zoo withOptions(Consumer<ClientOptions.Builder> modifier);

        boolean booleans(boolean a, boolean b);

        byte bytes(byte a, long skipped, byte b);

        char chars(double skipped, char a);

        short shorts(short a);

        int ints(int a, long b, int c);

        long longs(long a, double b, long c);

        float floats(float a, long b);

        double doubles(int a, double b);

        int[] arrays(int[] numbers, String[][] texts);

        String many(
                long a,
                double b,
                Object c,
                long d,
                double e,
                String f,
                int g,
                float h,
                long i,
                Object[] j,
                String... k);

        void nothing();

        @Override
        String generic(String value);

        default String given(String value) {
            return "default " + generic(value);
        }

        default Object checked() {
            return "none";
        }

        @Override
        void close();

        static String ofTheInterface() {
            return "static";
        }
    }

    public interface Base<T> {
        T generic(T value);
    }

    /** What is behind it: gives back what it got. */
    public static class Animals implements Zoo {
        int calls;

        @Override
        public Zoo withOptions(Consumer<ClientOptions.Builder> modifier) {
            modifier.accept(ClientOptions.builder()
                    .httpClient(OkHttpClient.builder().build())
                    .apiKey("sk-test"));
            return this;
        }

        @Override
        public boolean booleans(boolean a, boolean b) {
            return a && !b;
        }

        @Override
        public byte bytes(byte a, long skipped, byte b) {
            return (byte) (a * 10 + b);
        }

        @Override
        public char chars(double skipped, char a) {
            return (char) (a + 1);
        }

        @Override
        public short shorts(short a) {
            return (short) -a;
        }

        @Override
        public int ints(int a, long b, int c) {
            return a + (int) b + c;
        }

        @Override
        public long longs(long a, double b, long c) {
            return a * (long) b + c;
        }

        @Override
        public float floats(float a, long b) {
            return a + b;
        }

        @Override
        public double doubles(int a, double b) {
            return a + b;
        }

        @Override
        public int[] arrays(int[] numbers, String[][] texts) {
            numbers[0] += texts[0].length;
            return numbers;
        }

        @Override
        public String many(
                long a,
                double b,
                Object c,
                long d,
                double e,
                String f,
                int g,
                float h,
                long i,
                Object[] j,
                String... k) {
            return Arrays.deepToString(new Object[] {a, b, c, d, e, f, g, h, i, j, k});
        }

        @Override
        public void nothing() {
            calls++;
        }

        @Override
        public String generic(String value) {
            return value + "!";
        }

        @Override
        public Object checked() {
            throw FacadeClassTest.<RuntimeException>undeclared(new ThrownTest.Checked("of the zoo"));
        }

        @Override
        public void close() {
            calls += 10;
        }
    }

    @Test
    void methodsOfEveryShape_giveTheirArgumentsAndTheirResult() {
        Animals animals = new Animals();
        Zoo zoo = Facade.of(Zoo.class, animals, transport());

        assertThat(zoo).isInstanceOf(FacadeObject.class);
        assertThat(zoo.booleans(true, false)).isTrue();
        assertThat(zoo.booleans(false, true)).isFalse();
        assertThat(zoo.bytes((byte) 3, Long.MAX_VALUE, (byte) -4)).isEqualTo((byte) 26);
        assertThat(zoo.chars(1.5, 'y')).isEqualTo('z');
        assertThat(zoo.shorts(Short.MAX_VALUE)).isEqualTo((short) -Short.MAX_VALUE);
        assertThat(zoo.ints(1, 20, 300)).isEqualTo(321);
        assertThat(zoo.longs(1L << 40, 3, 5)).isEqualTo(3 * (1L << 40) + 5);
        assertThat(zoo.floats(0.5f, 2)).isEqualTo(2.5f);
        assertThat(zoo.doubles(1, 1e300)).isEqualTo(1e300);
        int[] numbers = {1};
        assertThat(zoo.arrays(numbers, new String[][] {{"a", "b"}}))
                .isSameAs(numbers)
                .containsExactly(3);
        assertThat(zoo.many(1, 2, 'c', 4, 5, null, 7, 8, 9, new Object[] {10}, "k", "l"))
                .isEqualTo("[1, 2.0, c, 4, 5.0, null, 7, 8.0, 9, [10], [k, l]]");
        zoo.nothing();
        zoo.close();
        assertThat(animals.calls).isEqualTo(11);
        assertThat(zoo.generic("a")).isEqualTo("a!");
        Base<String> base = zoo;
        assertThat(base.generic("b")).isEqualTo("b!");
        assertThat(zoo.given("c")).isEqualTo("default c!");
        assertThat(zoo.generic(null)).isEqualTo("null!");
    }

    @Test
    void whatIsThrown_isTheSameObject() {
        Zoo zoo = Facade.of(Zoo.class, new Animals(), transport());

        assertThatThrownBy(zoo::checked).isExactlyInstanceOf(ThrownTest.Checked.class);
    }

    @Test
    void facades_areEqualIfTheirServiceIs() {
        OpenAIClient client = wire.client();
        OpenAIClient other = wire.client();

        Animals animals = new Animals();
        assertThat(Facade.of(Zoo.class, animals, transport()))
                .isNotSameAs(Facade.of(Zoo.class, animals, transport()))
                .matches(zoo -> zoo.equals(Facade.of(Zoo.class, animals, transport())))
                .hasSameHashCodeAs(Facade.of(Zoo.class, animals, transport()));
        assertThat(client).isNotEqualTo(other).isNotEqualTo("client").isNotEqualTo(null);
        assertThat(client.chat()).isSameAs(client.chat()).hasSameHashCodeAs(client.chat());
        assertThat(client.chat()).isNotEqualTo(other.chat());
        assertThat(client).hasToString("OpenAIClient with trace context");
    }

    @Test
    void everyServiceThatAClientGives_isOfAClassThatIsMade() throws Exception {
        OpenAIClient client = wire.client();
        Set<Class<?>> seen = new HashSet<>();
        visit(OpenAIClient.class, client, seen);

        assertThat(seen).containsAll(SdkServices.all());
    }

    private static void visit(Class<?> type, Object service, Set<Class<?>> seen) throws Exception {
        if (!seen.add(type)) {
            return;
        }
        assertThat(service).isInstanceOf(type).isInstanceOf(FacadeObject.class);
        assertThat(service.getClass().isHidden()).isTrue();
        for (Method method : SdkServices.instanceMethods(type)) {
            if (ServiceType.isService(method.getReturnType()) && method.getParameterCount() == 0) {
                visit(method.getReturnType(), method.invoke(service), seen);
            }
        }
    }

    /** An interface of the same name that only another class loader knows: a proxy takes the place. */
    @Test
    void interfaceOfAnotherLoader_isServedToo() throws Exception {
        ClassLoader other = new ClassLoader(getClass().getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                if (!name.startsWith(FacadeClassTest.class.getName())) {
                    return super.loadClass(name, resolve);
                }
                Class<?> loaded = findLoadedClass(name);
                if (loaded != null) {
                    return loaded;
                }
                try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                    byte[] bytes = in.readAllBytes();
                    return defineClass(name, bytes, 0, bytes.length);
                } catch (java.io.IOException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
        };
        Class<?> type = other.loadClass(Zoo.class.getName());
        var constructor = other.loadClass(Animals.class.getName()).getDeclaredConstructor();
        constructor.setAccessible(true);
        Object animals = constructor.newInstance();
        Object zoo = ofAny(type, animals);

        assertThat(type).isNotEqualTo(Zoo.class);
        assertThat(Proxy.isProxyClass(zoo.getClass())).isTrue();
        Method generic = type.getMethod("generic", String.class);
        generic.setAccessible(true);
        assertThat(generic.invoke(zoo, "a")).isEqualTo("a!");
        assertThat(zoo).isEqualTo(ofAny(type, animals)).hasToString("Zoo with trace context");
        assertThat(zoo).isNotEqualTo(ofAny(type, constructor.newInstance()));
    }

    private <T> T ofAny(Class<T> type, Object delegate) {
        return Facade.of(type, type.cast(delegate), transport());
    }

    private Transport transport() {
        return SdkWire.transport(wire.client());
    }

    @SuppressWarnings("unchecked") // as Kotlin throws it
    static <E extends Throwable> E undeclared(Throwable thrown) throws E {
        throw (E) thrown;
    }
}
