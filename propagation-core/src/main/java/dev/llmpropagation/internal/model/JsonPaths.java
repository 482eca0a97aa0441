package dev.llmpropagation.internal.model;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The places of a JSON document that say something: a tree by member name. What is not in it is skipped, whatever it
 * holds. Built once, then only read.
 */
final class JsonPaths {

    /** Of any shape, with the array around a document. */
    static final int MAX_DEPTH = 12;

    private int[] signatures = {};
    private byte[][] names = {};
    private JsonPaths[] members = {};
    private @Nullable JsonPaths element;
    private @Nullable Field field;

    /** @param path as {@code choices[].delta.content} */
    JsonPaths with(String path, Field at) {
        JsonPaths shape = this;
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
    JsonPaths alsoBelow(String name) {
        JsonPaths below = new JsonPaths();
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
    JsonPaths element() {
        return element;
    }

    boolean hasMembers() {
        return members.length > 0;
    }

    @Nullable
    JsonPaths member(byte[] bytes, int from, int to) {
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

    /** Faster than Arrays.equals for short names. */
    private static boolean isAt(byte[] name, byte[] bytes, int from) {
        for (int i = 0; i < name.length; i++) {
            if (name[i] != bytes[from + i]) {
                return false;
            }
        }
        return true;
    }

    private JsonPaths own(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        JsonPaths known = member(bytes, 0, bytes.length);
        return known != null ? known : append(name, new JsonPaths());
    }

    private JsonPaths ownElement() {
        JsonPaths own = element;
        if (own == null) {
            own = new JsonPaths();
            element = own;
        }
        return own;
    }

    private JsonPaths append(String name, JsonPaths member) {
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

    /** A cheap first test: most members of a document are not of interest. */
    private static int signature(byte[] bytes, int from, int to) {
        return (to - from) << 16 | (bytes[from] & 0xff) << 8 | (bytes[to - 1] & 0xff);
    }
}
