package dev.llmpropagation.scenarios.content;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import shark.CloseableHeapGraph;
import shark.HeapGraph;
import shark.HeapObject;
import shark.HeapValue;
import shark.HprofHeapGraph;
import shark.HprofRecord.HeapDumpRecord.ObjectRecord.PrimitiveArrayDumpRecord;
import shark.HprofRecordTag;

/** What the objects of the library keep alive, by a dump of the heap: their fields, and what is behind those. */
final class KeptObjects {

    private static final String OURS = "dev.llmpropagation.";

    /** They stand for the program: its telemetry has what was told, and its server what was sent. */
    private static final List<String> OF_THE_PROGRAM = List.of(OURS + "scenarios.", OURS + "testkit.");

    /** From one of them there is a way to all that runs, or to all that waits for its end. */
    private static final List<String> OF_THE_JVM = List.of(
            "java.lang.Thread", "java.lang.ThreadGroup", "java.lang.ClassLoader", "jdk.internal.ref.PhantomCleanable");

    private final HeapGraph heap;
    private final Map<Long, Long> keepers = new HashMap<>();
    private final Deque<Long> next = new ArrayDeque<>();

    /** By the id of a class. To ask its name and those above it for each instance would take most of the time. */
    private final Map<Long, Boolean> followed = new HashMap<>();

    private KeptObjects(HeapGraph heap) {
        this.heap = heap;
    }

    /** Of each text with these words that our objects keep, the way that leads to it. */
    static List<String> with(String words, Path folder) throws IOException {
        Path dump = folder.resolve("kept.hprof");
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpHeap(dump.toString(), true);
        try (CloseableHeapGraph heap =
                HprofHeapGraph.Companion.openHeapGraph(dump.toFile(), null, Set.of(HprofRecordTag.values()))) {
            return new KeptObjects(heap).find(words);
        } finally {
            Files.delete(dump);
        }
    }

    private List<String> find(String words) {
        List<byte[]> spellings = List.of(
                words.getBytes(StandardCharsets.ISO_8859_1),
                words.getBytes(StandardCharsets.UTF_16LE),
                words.getBytes(StandardCharsets.UTF_16BE));
        Set<Long> ours = new HashSet<>();
        heap.getClasses().iterator().forEachRemaining(type -> {
            if (isOurs(type.getName())) {
                ours.add(type.getObjectId());
                type.readStaticFields().iterator().forEachRemaining(field -> keep(field.getValue(), 0));
            }
        });
        heap.getInstances().iterator().forEachRemaining(instance -> {
            if (ours.contains(instance.getInstanceClassId())) {
                keep(instance.getObjectId(), 0);
            }
        });
        List<String> found = new ArrayList<>();
        while (!next.isEmpty()) {
            long id = next.remove();
            HeapObject object = heap.findObjectByIdOrNull(id);
            if (object instanceof HeapObject.HeapPrimitiveArray array) {
                byte[] bytes = bytes(array.readRecord());
                if (spellings.stream().anyMatch(spelling -> contains(bytes, spelling))) {
                    found.add(way(id));
                }
            } else {
                follow(object);
            }
        }
        return found;
    }

    private void follow(HeapObject object) {
        if (object instanceof HeapObject.HeapInstance instance) {
            if (followed.computeIfAbsent(instance.getInstanceClassId(), type -> isFollowed(instance))) {
                instance.readFields().iterator().forEachRemaining(field -> {
                    if (!field.getName().equals("referent") || instance.instanceOf("java.lang.ref.SoftReference")) {
                        keep(field.getValue(), instance.getObjectId());
                    }
                });
            }
        } else if (object instanceof HeapObject.HeapObjectArray array) {
            array.readElements().iterator().forEachRemaining(element -> keep(element, array.getObjectId()));
        }
    }

    private static boolean isFollowed(HeapObject.HeapInstance instance) {
        return OF_THE_JVM.stream().noneMatch(instance::instanceOf)
                && OF_THE_PROGRAM.stream().noneMatch(instance.getInstanceClassName()::startsWith);
    }

    private void keep(HeapValue value, long keeper) {
        Long id = value.getAsNonNullObjectId();
        if (id != null) {
            keep(id, keeper);
        }
    }

    private void keep(long id, long keeper) {
        if (keepers.putIfAbsent(id, keeper) == null) {
            next.add(id);
        }
    }

    private String way(long id) {
        Deque<String> names = new ArrayDeque<>();
        for (long step = id; step != 0; step = keepers.get(step)) {
            names.addFirst(name(heap.findObjectById(step)));
        }
        return String.join(" > ", names);
    }

    private static String name(HeapObject object) {
        if (object instanceof HeapObject.HeapInstance instance) {
            return instance.getInstanceClassName();
        }
        return object instanceof HeapObject.HeapObjectArray array ? array.getArrayClassName() : "text";
    }

    private static boolean isOurs(String type) {
        return type.startsWith(OURS) && OF_THE_PROGRAM.stream().noneMatch(type::startsWith);
    }

    private static byte[] bytes(PrimitiveArrayDumpRecord record) {
        if (record instanceof PrimitiveArrayDumpRecord.ByteArrayDump bytes) {
            return bytes.getArray();
        }
        if (record instanceof PrimitiveArrayDumpRecord.CharArrayDump chars) {
            ByteBuffer bytes = ByteBuffer.allocate(2 * chars.getArray().length);
            bytes.asCharBuffer().put(chars.getArray());
            return bytes.array();
        }
        return new byte[0];
    }

    private static boolean contains(byte[] bytes, byte[] words) {
        for (int at = 0; at <= bytes.length - words.length; at++) {
            int same = 0;
            while (same < words.length && bytes[at + same] == words[same]) {
                same++;
            }
            if (same == words.length) {
                return true;
            }
        }
        return false;
    }
}
