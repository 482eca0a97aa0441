package dev.llmpropagation.openai;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The bytes of a subclass of {@link FacadeObject} that has an interface: each of its methods gives its number and its
 * arguments to {@link FacadeObject#call}, and has no handler for what that throws. For one class.
 */
final class FacadeClassFile {

    private static final int MAGIC = 0xCAFEBABE;
    private static final int JAVA_17 = 61;
    private static final int FINAL_SUPER_SYNTHETIC = 0x1030;
    private static final int PUBLIC_FINAL = 0x0011;

    // One for the object, the number, the array, the array once more, an index, and two for an argument.
    private static final int MAX_STACK = 7;

    private static final int UTF8 = 1;
    private static final int CLASS = 7;
    private static final int METHOD = 10;
    private static final int NAME_AND_TYPE = 12;

    private static final int ALOAD_0 = 0x2a;
    private static final int ALOAD_1 = 0x2b;
    private static final int ALOAD_2 = 0x2c;
    private static final int SIPUSH = 0x11;
    private static final int AASTORE = 0x53;
    private static final int POP = 0x57;
    private static final int DUP = 0x59;
    private static final int RETURN = 0xb1;
    private static final int INVOKEVIRTUAL = 0xb6;
    private static final int INVOKESPECIAL = 0xb7;
    private static final int INVOKESTATIC = 0xb8;
    private static final int ANEWARRAY = 0xbd;
    private static final int CHECKCAST = 0xc0;

    private final ByteArrayOutputStream poolBytes = new ByteArrayOutputStream();
    private final DataOutputStream pool = new DataOutputStream(poolBytes);
    private final Map<List<Object>, Integer> constants = new HashMap<>();

    private FacadeClassFile() {}

    /**
     * @param name of the class, as it is in Java
     * @param methods those of the interface, each name and descriptor once
     */
    static byte[] of(String name, Class<?> type, List<Method> methods) {
        try {
            return new FacadeClassFile().write(name, type, methods);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // never, in memory
        }
    }

    private byte[] write(String name, Class<?> type, List<Method> methods) throws IOException {
        ByteArrayOutputStream bodyBytes = new ByteArrayOutputStream();
        DataOutputStream body = new DataOutputStream(bodyBytes);
        body.writeShort(FINAL_SUPER_SYNTHETIC);
        body.writeShort(classNamed(name.replace('.', '/')));
        body.writeShort(classOf(FacadeObject.class));
        body.writeShort(1);
        body.writeShort(classOf(type));
        body.writeShort(0); // fields
        body.writeShort(methods.size() + 1);
        writeConstructor(body);
        for (int i = 0; i < methods.size(); i++) {
            writeMethod(body, i, methods.get(i));
        }
        body.writeShort(0); // attributes

        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(MAGIC);
        out.writeShort(0);
        out.writeShort(JAVA_17);
        out.writeShort(constants.size() + 1);
        poolBytes.writeTo(out);
        bodyBytes.writeTo(out);
        return bytes.toByteArray();
    }

    private void writeConstructor(DataOutputStream out) throws IOException {
        String descriptor = descriptor(void.class, Facade.class, List.class);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream code = new DataOutputStream(bytes);
        code.writeByte(ALOAD_0);
        code.writeByte(ALOAD_1);
        code.writeByte(ALOAD_2);
        code.writeByte(INVOKESPECIAL);
        code.writeShort(method(FacadeObject.class, "<init>", descriptor));
        code.writeByte(RETURN);
        writeMember(out, 0, "<init>", descriptor, 3, bytes.toByteArray());
    }

    private void writeMethod(DataOutputStream out, int number, Method method) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream code = new DataOutputStream(bytes);
        Class<?>[] parameters = method.getParameterTypes();
        code.writeByte(ALOAD_0);
        writeNumber(code, number);
        writeNumber(code, parameters.length);
        code.writeByte(ANEWARRAY);
        code.writeShort(classOf(Object.class));
        int local = 1;
        for (int i = 0; i < parameters.length; i++) {
            Class<?> parameter = parameters[i];
            code.writeByte(DUP);
            writeNumber(code, i);
            code.writeByte(Kind.of(parameter).load);
            code.writeByte(local);
            if (parameter.isPrimitive()) {
                Class<?> box = box(parameter);
                code.writeByte(INVOKESTATIC);
                code.writeShort(method(box, "valueOf", descriptor(box, parameter)));
            }
            code.writeByte(AASTORE);
            local += Kind.of(parameter).slots;
        }
        code.writeByte(INVOKEVIRTUAL);
        code.writeShort(method(FacadeObject.class, "call", descriptor(Object.class, int.class, Object[].class)));
        writeReturn(code, method.getReturnType());
        String descriptor = descriptor(method.getReturnType(), parameters);
        writeMember(out, PUBLIC_FINAL, method.getName(), descriptor, local, bytes.toByteArray());
    }

    private void writeReturn(DataOutputStream code, Class<?> result) throws IOException {
        if (result == void.class) {
            code.writeByte(POP);
            code.writeByte(RETURN);
            return;
        }
        code.writeByte(CHECKCAST);
        code.writeShort(classOf(result.isPrimitive() ? box(result) : result));
        if (result.isPrimitive()) {
            code.writeByte(INVOKEVIRTUAL);
            code.writeShort(method(box(result), result.getName() + "Value", descriptor(result)));
        }
        code.writeByte(Kind.of(result).giveBack);
    }

    /** Without a branch, so no frames are needed. */
    private void writeMember(DataOutputStream out, int access, String name, String descriptor, int locals, byte[] code)
            throws IOException {
        out.writeShort(access);
        out.writeShort(utf8(name));
        out.writeShort(utf8(descriptor));
        out.writeShort(1); // attributes
        out.writeShort(utf8("Code"));
        out.writeInt(code.length + 12);
        out.writeShort(MAX_STACK);
        out.writeShort(locals);
        out.writeInt(code.length);
        out.write(code);
        out.writeShort(0); // handlers
        out.writeShort(0); // attributes
    }

    private static void writeNumber(DataOutputStream code, int number) throws IOException {
        code.writeByte(SIPUSH);
        code.writeShort(number);
    }

    private int method(Class<?> owner, String name, String descriptor) throws IOException {
        int type = classOf(owner);
        int signature = two(NAME_AND_TYPE, utf8(name), utf8(descriptor));
        return two(METHOD, type, signature);
    }

    private int classOf(Class<?> type) throws IOException {
        return classNamed(type.getName().replace('.', '/'));
    }

    private int classNamed(String name) throws IOException {
        int text = utf8(name);
        Integer known = constants.get(List.of(CLASS, text));
        if (known != null) {
            return known;
        }
        pool.writeByte(CLASS);
        pool.writeShort(text);
        return added(List.of(CLASS, text));
    }

    private int utf8(String text) throws IOException {
        Integer known = constants.get(List.of(UTF8, text));
        if (known != null) {
            return known;
        }
        pool.writeByte(UTF8);
        pool.writeUTF(text);
        return added(List.of(UTF8, text));
    }

    private int two(int tag, int first, int second) throws IOException {
        Integer known = constants.get(List.of(tag, first, second));
        if (known != null) {
            return known;
        }
        pool.writeByte(tag);
        pool.writeShort(first);
        pool.writeShort(second);
        return added(List.of(tag, first, second));
    }

    private int added(List<Object> constant) {
        int index = constants.size() + 1;
        constants.put(constant, index);
        return index;
    }

    private static String descriptor(Class<?> result, Class<?>... parameters) {
        return MethodType.methodType(result, parameters).toMethodDescriptorString();
    }

    private static Class<?> box(Class<?> primitive) {
        return MethodType.methodType(primitive).wrap().returnType();
    }

    /** The kinds of values for which the JVM has instructions of their own. */
    private enum Kind {
        INT(0x15, 1, 0xac),
        LONG(0x16, 2, 0xad),
        FLOAT(0x17, 1, 0xae),
        DOUBLE(0x18, 2, 0xaf),
        REFERENCE(0x19, 1, 0xb0);

        final int load;
        final int slots;
        final int giveBack;

        Kind(int load, int slots, int giveBack) {
            this.load = load;
            this.slots = slots;
            this.giveBack = giveBack;
        }

        static Kind of(Class<?> type) {
            if (!type.isPrimitive()) {
                return REFERENCE;
            }
            return type == long.class ? LONG : type == float.class ? FLOAT : type == double.class ? DOUBLE : INT;
        }
    }
}
