package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of what a service writes where its code stands, only what can be a code goes on. */
class ErrorCodesTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rate_limit_exceeded",
                "InvalidParameter",
                "Az.az-AZ_09",
                "code123456",
                "abcdefghijklmnopqrstuvwxyzabcd",
                "abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_abcdefghij",
                "aBaBab"
            })
    void code_isKept(String code) {
        assertThat(errorOf(code)).isEqualTo(code);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "two words",
                "a@b",
                "a[b",
                "a`b",
                "a{b",
                "a/b",
                "a:b",
                "code1234567",
                "abcdefghijklmnopqrstuvwxyzabcde",
                "abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_abcdefghijk",
                "aBaBaBaB"
            })
    void whatIsNoCode_isNotRepeated(String text) {
        assertThat(errorOf(text)).isEqualTo("_OTHER");
    }

    @Test
    void number_isACode() {
        ResponseReader reader = new ResponseReader();
        reader.begin(Field.ERROR);
        reader.value(Field.ERROR_CODE, scalar("0", false));
        assertThat(reader.error()).isEqualTo("0");
    }

    private static String errorOf(String code) {
        ResponseReader reader = new ResponseReader();
        reader.begin(Field.ERROR);
        reader.value(Field.ERROR_CODE, scalar(code, true));
        return reader.error();
    }

    private static JsonScalar scalar(String json, boolean string) {
        byte[] bytes = json.getBytes(StandardCharsets.US_ASCII);
        JsonScalar value = new JsonScalar();
        value.set(bytes, 0, bytes.length, string, false);
        return value;
    }
}
