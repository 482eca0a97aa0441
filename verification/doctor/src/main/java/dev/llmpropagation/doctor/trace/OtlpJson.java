package dev.llmpropagation.doctor.trace;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * OTLP as JSON. It is protobuf's JSON but for the ids, which are hex digits, and so protobuf's own printer and parser do
 * not do.
 */
public final class OtlpJson {

    static final JsonMapper MAPPER = JsonMapper.builder().build();

    /** A text that is half of a character has no UTF-8, and could be written nowhere. */
    private static final Pattern HALF_CHARACTER = Pattern.compile("\\p{Cs}");

    private static final Map<String, Integer> ID_LENGTHS = Map.of("trace_id", 16, "span_id", 8, "parent_span_id", 8);
    private static final Set<String> SPECIAL_DOUBLES = Set.of("NaN", "Infinity", "-Infinity");

    private OtlpJson() {}

    /**
     * One line, without its end, as a collector's file exporter writes it.
     *
     * @param request with spans, metrics or log records
     */
    public static String write(Message request) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = MAPPER.createGenerator(text)) {
            write(request, json);
        } catch (IOException e) {
            throw new IllegalStateException("A StringWriter failed", e);
        }
        return text.toString();
    }

    private static void write(Message message, JsonGenerator json) throws IOException {
        json.writeStartObject();
        for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
            FieldDescriptor descriptor = field.getKey();
            json.writeFieldName(descriptor.getJsonName());
            if (descriptor.isRepeated()) {
                json.writeStartArray();
                for (Object value : (List<?>) field.getValue()) {
                    write(descriptor, value, json);
                }
                json.writeEndArray();
            } else {
                write(descriptor, field.getValue(), json);
            }
        }
        json.writeEndObject();
    }

    private static void write(FieldDescriptor field, Object value, JsonGenerator json) throws IOException {
        switch (field.getJavaType()) {
            case MESSAGE -> write((Message) value, json);
            case INT -> json.writeNumber(Integer.toUnsignedLong((Integer) value));
            case ENUM -> json.writeNumber(((EnumValueDescriptor) value).getNumber());
            case LONG ->
                json.writeString(
                        field.getType() == FieldDescriptor.Type.FIXED64
                                ? Long.toUnsignedString((Long) value)
                                : value.toString());
            case BYTE_STRING -> {
                byte[] bytes = ((ByteString) value).toByteArray();
                json.writeString(
                        ID_LENGTHS.containsKey(field.getName())
                                ? HexFormat.of().formatHex(bytes)
                                : Base64.getEncoder().encodeToString(bytes));
            }
            default -> json.writePOJO(value);
        }
    }

    /**
     * Fields that OTLP does not know are left out.
     *
     * @throws IllegalArgumentException that names the field, if a value is none of its kind
     */
    static void read(JsonNode json, Message.Builder into, String path) {
        if (!json.isObject()) {
            throw wrong(path, "is no JSON object", json);
        }
        for (FieldDescriptor field : into.getDescriptorForType().getFields()) {
            JsonNode value = json.path(field.getJsonName());
            if (value.isMissingNode() || value.isNull()) {
                continue;
            }
            String at = path.isEmpty() ? field.getJsonName() : path + '.' + field.getJsonName();
            if (!field.isRepeated()) {
                into.setField(field, value(field, value, into, at));
            } else if (value.isArray()) {
                for (int i = 0; i < value.size(); i++) {
                    into.addRepeatedField(field, value(field, value.get(i), into, at + '[' + i + ']'));
                }
            } else {
                throw wrong(at, "is no JSON array", value);
            }
        }
    }

    private static Object value(FieldDescriptor field, JsonNode json, Message.Builder owner, String path) {
        try {
            return switch (field.getJavaType()) {
                case MESSAGE -> {
                    Message.Builder message = owner.newBuilderForField(field);
                    read(json, message, path);
                    yield message.build();
                }
                case ENUM -> enumValue(field, json);
                case LONG -> integer(json, field.getType() == FieldDescriptor.Type.FIXED64);
                case INT -> (int) integer(json, false);
                case DOUBLE -> real(json);
                case BOOLEAN -> {
                    require(json.isBoolean());
                    yield json.booleanValue();
                }
                case BYTE_STRING -> ByteString.copyFrom(bytes(field, json));
                default -> {
                    require(json.isTextual());
                    yield HALF_CHARACTER.matcher(json.textValue()).replaceAll("\ufffd");
                }
            };
        } catch (Mismatch | NumberFormatException | ArithmeticException e) {
            throw wrong(path, "is no " + kind(field), json);
        }
    }

    private static Object enumValue(FieldDescriptor field, JsonNode json) {
        if (json.isTextual()) {
            EnumValueDescriptor named = field.getEnumType().findValueByName(json.textValue());
            require(named != null);
            return named;
        }
        require(json.canConvertToInt() && json.isIntegralNumber());
        return field.getEnumType().findValueByNumberCreatingIfUnknown(json.intValue());
    }

    private static long integer(JsonNode json, boolean unsigned) {
        require(json.isTextual() || json.isNumber());
        if (unsigned && json.isTextual()) {
            return Long.parseUnsignedLong(json.textValue());
        }
        return new BigDecimal(json.asText()).longValueExact();
    }

    private static double real(JsonNode json) {
        require(json.isNumber() || (json.isTextual() && SPECIAL_DOUBLES.contains(json.textValue())));
        return json.isNumber() ? json.doubleValue() : Double.parseDouble(json.textValue());
    }

    private static byte[] bytes(FieldDescriptor field, JsonNode json) {
        require(json.isTextual());
        String text = json.textValue();
        try {
            Integer length = ID_LENGTHS.get(field.getName());
            if (length == null) {
                return Base64.getDecoder().decode(text);
            }
            require(text.isEmpty() || text.length() == 2 * length);
            return HexFormat.of().parseHex(text);
        } catch (IllegalArgumentException e) {
            throw new Mismatch();
        }
    }

    private static String kind(FieldDescriptor field) {
        return switch (field.getJavaType()) {
            case BYTE_STRING ->
                ID_LENGTHS.containsKey(field.getName())
                        ? "id of " + 2 * ID_LENGTHS.get(field.getName()) + " hex digits"
                        : "Base64";
            case ENUM -> field.getEnumType().getName();
            case LONG, INT -> "whole number";
            case DOUBLE -> "number";
            case BOOLEAN -> "boolean";
            default -> "text";
        };
    }

    private static void require(boolean good) {
        if (!good) {
            throw new Mismatch();
        }
    }

    static IllegalArgumentException wrong(String path, String reason, JsonNode json) {
        String value = json.isContainerNode() ? json.getNodeType().name().toLowerCase(Locale.ROOT) : json.toString();
        String shown = value.length() > 60 ? value.substring(0, 60) + '…' : value;
        return new IllegalArgumentException((path.isEmpty() ? "it" : path) + ' ' + reason + ": " + shown);
    }

    /** A value is not of its field's kind. */
    private static final class Mismatch extends IllegalArgumentException {}
}
