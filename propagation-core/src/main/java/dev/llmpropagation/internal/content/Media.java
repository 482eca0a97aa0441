package dev.llmpropagation.internal.content;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Images, sounds and files in messages: by type, size and place, never by their bytes. */
final class Media {

    private static final String DATA = "data:";
    private static final Map<String, String> AUDIO = Map.of("mp3", "audio/mpeg");

    private Media() {}

    /** @param base64 the bytes; null if only their type is known */
    static void blob(ChatMessage to, @Nullable String modality, @Nullable String mimeType, @Nullable String base64) {
        MessagePart part = to.add(MessagePart.BLOB);
        part.mimeType = mimeType;
        part.modality = modality != null ? modality : modality(mimeType);
        part.size = size(base64);
    }

    /** A file at this URL, which can hold the file itself. */
    static void url(ChatMessage to, @Nullable String modality, @Nullable String mimeType, String url) {
        if (url.regionMatches(true, 0, DATA, 0, DATA.length())) {
            int comma = Math.max(url.indexOf(','), DATA.length());
            int end = url.indexOf(';');
            String type = url.substring(DATA.length(), end < 0 || end > comma ? comma : end);
            MessagePart part = to.add(MessagePart.BLOB);
            part.mimeType = type.isEmpty() ? mimeType : type;
            part.modality = modality != null ? modality : modality(part.mimeType);
            part.size = size(url, comma + 1);
            return;
        }
        MessagePart part = to.add(MessagePart.URI).append(withoutSecrets(url));
        part.mimeType = mimeType;
        part.modality = modality != null ? modality : modality(mimeType);
    }

    /** A file that the service has. */
    static void file(ChatMessage to, @Nullable String modality, String id) {
        MessagePart part = to.add(MessagePart.FILE).named(id, null);
        part.modality = modality != null ? modality : "document";
    }

    static @Nullable String audioType(@Nullable String format) {
        return format == null ? null : AUDIO.getOrDefault(format, "audio/" + format);
    }

    static String modality(@Nullable String mimeType) {
        String type = mimeType == null ? "" : mimeType.toLowerCase(Locale.ROOT);
        int slash = type.indexOf('/');
        String kind = slash < 0 ? type : type.substring(0, slash);
        return switch (kind) {
            case "image", "video", "audio" -> kind;
            default -> "document";
        };
    }

    /** In bytes; null if there are none. */
    static @Nullable Long size(@Nullable String base64) {
        return base64 == null ? null : size(base64, 0);
    }

    private static long size(String base64, int from) {
        int end = base64.length();
        while (end > from && base64.charAt(end - 1) == '=') {
            end--;
        }
        return Math.max(0, end - from) * 3L / 4;
    }

    /** A query is where signatures stand, and in front of an {@code @}, wherever it is, may stand a password. */
    private static @Nullable String withoutSecrets(String url) {
        int end = 0;
        while (end < url.length() && url.charAt(end) != '?' && url.charAt(end) != '#') {
            end++;
        }
        return url.lastIndexOf('@', end - 1) >= 0 ? null : url.substring(0, end);
    }
}
