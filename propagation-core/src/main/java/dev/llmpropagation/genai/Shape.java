package dev.llmpropagation.genai;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The places of a JSON document that say something: a tree by member name. What is not in it is skipped, whatever it
 * holds. Built once, then only read.
 */
final class Shape {

    /** Of any shape, with the array around a document. */
    static final int MAX_DEPTH = 12;

    private int[] signatures = {};
    private byte[][] names = {};
    private Shape[] members = {};
    private @Nullable Shape element;
    private @Nullable Field field;

    /** @param path as {@code choices[].delta.content} */
    Shape with(String path, Field at) {
        Shape shape = this;
        for (String step : path.split("\\.", -1)) {
            int bracket = step.indexOf('[');
            shape = shape.own(bracket < 0 ? step : step.substring(0, bracket));
            if (bracket >= 0) {
                shape = shape.ownElement();
            }
        }
        shape.field = at;
        return this;
    }

    /** This shape's places below a member as well. */
    Shape alsoBelow(String name) {
        Shape below = new Shape();
        below.signatures = signatures;
        below.names = names;
        below.members = members;
        append(name, below);
        return this;
    }

    @Nullable
    Field field() {
        return field;
    }

    @Nullable
    Shape element() {
        return element;
    }

    boolean hasMembers() {
        return members.length > 0;
    }

    @Nullable
    Shape member(byte[] bytes, int from, int to) {
        if (from == to) {
            return null;
        }
        int signature = signature(bytes, from, to);
        for (int i = 0; i < signatures.length; i++) {
            if (signatures[i] == signature && isAt(names[i], bytes, from)) {
                return members[i];
            }
        }
        return null;
    }

    /** For names as short as these, faster than what is made for arrays. */
    private static boolean isAt(byte[] name, byte[] bytes, int from) {
        for (int i = 0; i < name.length; i++) {
            if (name[i] != bytes[from + i]) {
                return false;
            }
        }
        return true;
    }

    private Shape own(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        Shape known = member(bytes, 0, bytes.length);
        return known != null ? known : append(name, new Shape());
    }

    private Shape ownElement() {
        Shape own = element;
        if (own == null) {
            own = new Shape();
            element = own;
        }
        return own;
    }

    private Shape append(String name, Shape member) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        int count = members.length;
        signatures = Arrays.copyOf(signatures, count + 1);
        signatures[count] = signature(bytes, 0, bytes.length);
        names = Arrays.copyOf(names, count + 1);
        names[count] = bytes;
        members = Arrays.copyOf(members, count + 1);
        members[count] = member;
        return member;
    }

    /** Tells nearly all names apart: most members of a document are not of interest. */
    private static int signature(byte[] bytes, int from, int to) {
        return (to - from) << 16 | (bytes[from] & 0xff) << 8 | (bytes[to - 1] & 0xff);
    }
}
