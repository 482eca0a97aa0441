package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonScalarTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "9, 9",
        "0.25, 0.25",
        "12.5, 12.5",
        "123456.789, 123456.789",
        "0.12345678901234, 0.12345678901234",
        "9007199254740991, 9007199254740991",
        "9007199254740993, 9007199254740992",
        "-0.5, -0.5",
        "1e3, 1000",
        "2.5E-1, 0.25",
        "0.12345678901234567, 0.12345678901234567",
        "12345678901234567890, 12345678901234567000"
    })
    void number_isWhatStandsThere(String json, double value) {
        assertThat(literal(json).number()).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e999", "1.2.3", "1/2", "1:2", "true", "null", "-"})
    void whatIsNoFiniteNumber_isNone(String json) {
        assertThat(literal(json).number()).isNull();
        assertThat(literal(json).integer()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "10, 10",
        "-7, -7",
        "2.0, 2",
        "1e3, 1000",
        "9007199254740991, 9007199254740991",
        "-9007199254740991, -9007199254740991"
    })
    void integer_isWhatStandsThere(String json, long value) {
        assertThat(literal(json).integer()).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.5", "9007199254740992", "-9007199254740992", "1e17"})
    void whatNotEveryImplementationHolds_isNoInteger(String json) {
        assertThat(literal(json).integer()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "190, 190",
        "9007199254740991, 9007199254740991",
        "9007199254740992, -1",
        "00000000000000001, -1",
        "-1, -1",
        "1.0, -1",
        "1/, -1",
        "1:, -1",
        "null, -1"
    })
    void count_isMadeOfDigitsAlone(String json, long value) {
        assertThat(literal(json).count()).isEqualTo(value);
    }

    @Test
    void stringOfDigits_isNoNumber() {
        assertThat(string("12").number()).isNull();
        assertThat(string("12").integer()).isNull();
        assertThat(string("12").count()).isEqualTo(-1);
    }

    @Test
    void literals_areToldApart() {
        assertThat(literal("null").isNull()).isTrue();
        assertThat(literal("true").isNull()).isFalse();
        assertThat(literal("true").isTrue()).isTrue();
        assertThat(literal("false").isTrue()).isFalse();
        assertThat(string("null").isNull()).isFalse();
        assertThat(string("true").isTrue()).isFalse();
        assertThat(literal("true").isString()).isFalse();
        assertThat(string("true").isString()).isTrue();
    }

    @Test
    void string_isComparedAsAWhole() {
        assertThat(string("stop").is("stop")).isTrue();
        assertThat(string("stop").is("step")).isFalse();
        assertThat(string("stop").is("sto")).isFalse();
        assertThat(string("stop").is("stops")).isFalse();
        assertThat(literal("true").is("true")).isFalse();
        assertThat(tooLong("stop", 4).is("stop")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "plain, plain",
                "a\\\"b, a\"b",
                "a\\\\b, a\\b",
                "a\\/b, a/b",
                "\\u0041, A",
                "x\\u00e9y, xéy",
                "x\\u00E9, xé",
                "\\ud83d\\ude00, 😀"
            })
    void text_isUnescaped(String json, String text) {
        assertThat(string(json).text()).isEqualTo(text);
        assertThat(string(json).cutText()).isEqualTo(text);
    }

    @Test
    void escapesOfControls_areTheControls() {
        assertThat(string("\\b\\f\\n\\r\\t").text()).isEqualTo("\b\f\n\r\t");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\\", "a\\x", "\\u12", "\\u123", "\\u12g4", "\\U0041"})
    void whatJsonDoesNotAllow_isNoText(String json) {
        assertThat(string(json).text()).isNull();
    }

    @Test
    void literal_isNoText() {
        assertThat(literal("true").text()).isNull();
        assertThat(literal("true").cutText()).isNull();
    }

    @Test
    void valueThatIsTooLong_isKnownByItsBeginningAlone() {
        JsonScalar value = tooLong("abcdef", 3);
        assertThat(value.text()).isNull();
        assertThat(value.cutText()).isEqualTo("abc…");
        JsonScalar number = new JsonScalar();
        number.setTooLong(bytes("1234"), 0, 3, false, false);
        assertThat(number.number()).isNull();
        assertThat(number.count()).isEqualTo(-1);
        assertThat(number.cutText()).isNull();
        JsonScalar literal = new JsonScalar();
        literal.setTooLong(bytes("null "), 0, 4, false, false);
        assertThat(literal.isNull()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"1, a…", "2, a…", "3, aé…", "4, aé…", "5, aéé…"})
    void cut_isNeverWithinACharacter(int end, String text) {
        assertThat(tooLong("aéé!", end).cutText()).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "a\\nbc, 2, a…",
        "a\\u0041bc, 2, a…",
        "a\\u0041bc, 3, a…",
        "a\\u0041bc, 6, a…",
        "a\\u0041bc, 7, aA…",
        "a\\u0041bc, 8, aAb…"
    })
    void cut_leavesOutAPartOfAnEscape(String json, int end, String text) {
        assertThat(tooLong(json, end).cutText()).isEqualTo(text);
    }

    @Test
    void cutTextThatJsonDoesNotAllow_isNone() {
        assertThat(tooLong("a\\xbc", 4).cutText()).isNull();
    }

    @Test
    void value_liesAnywhereInTheBytes() {
        JsonScalar value = new JsonScalar();
        value.set(bytes("7:1.5,8"), 2, 5, false, false);
        assertThat(value.number()).isEqualTo(1.5);
        value.set(bytes("7:15,8"), 2, 4, false, false);
        assertThat(value.count()).isEqualTo(15);
        value.set(bytes("x\"stop\"y"), 2, 6, true, false);
        assertThat(value.is("stop")).isTrue();
        assertThat(value.text()).isEqualTo("stop");
    }

    @Test
    void member_isFoundByItsName_escapedOrNot() {
        JsonPaths shape = new JsonPaths().with("model", Field.MODEL).with("id", Field.ID);
        assertThat(field(string("model").memberOf(shape))).isEqualTo(Field.MODEL);
        assertThat(field(string("\\u006dodel").memberOf(shape))).isEqualTo(Field.MODEL);
        assertThat(string("modal").memberOf(shape)).isNull();
        assertThat(string("\\x").memberOf(shape)).isNull();
        assertThat(tooLong("model", 4).memberOf(shape)).isNull();
        assertThat(tooLong("ids", 2).memberOf(shape)).isNull();
    }

    private static @Nullable Field field(@Nullable JsonPaths shape) {
        return shape == null ? null : shape.field();
    }

    private static JsonScalar literal(String json) {
        JsonScalar value = new JsonScalar();
        value.set(bytes(json), 0, bytes(json).length, false, false);
        return value;
    }

    private static JsonScalar string(String json) {
        JsonScalar value = new JsonScalar();
        value.set(bytes(json), 0, bytes(json).length, true, json.indexOf('\\') >= 0);
        return value;
    }

    private static JsonScalar tooLong(String json, int end) {
        JsonScalar value = new JsonScalar();
        value.setTooLong(bytes(json + ' '), 0, end, true, json.indexOf('\\') >= 0);
        return value;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
