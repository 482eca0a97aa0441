package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConventionTest {

    @ParameterizedTest
    @CsvSource(nullValues = "none", textBlock = """
                    none                              , none                       , EARLIER
                    none                              , gen_ai_latest_experimental , V0_1
                    none                              , 'http, gen_ai_latest_experimental ,database', V0_1
                    none                              , gen_ai                     , EARLIER
                    none                              , ''                         , EARLIER
                    http                              , gen_ai_latest_experimental , EARLIER
                    gen_ai_latest_experimental        , none                       , V0_1
                    """)
    void property_winsOverTheVariable(@Nullable String property, @Nullable String variable, Convention expected) {
        assertThat(Convention.of(
                        name -> name.equals("otel.semconv-stability.opt-in") ? property : null,
                        name -> name.equals("OTEL_SEMCONV_STABILITY_OPT_IN") ? variable : null))
                .isEqualTo(expected);
    }
}
