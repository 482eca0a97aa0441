package dev.llmpropagation.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.destination.DestinationPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the words of a property stand for, and what is shown of the URLs in others. */
class DestinationsTest {

    @Test
    void eachWord_isThePolicyOfItsName() {
        assertThat(told("configured-origin"))
                .isEqualTo(DestinationPolicy.configuredOrigin().toString());
        assertThat(told("first-party")).isEqualTo(DestinationPolicy.firstParty().toString());
        assertThat(told("all")).isEqualTo(DestinationPolicy.all().toString());
        for (String spelling : List.of("ALL", "All")) {
            assertThat(told(spelling)).isEqualTo(DestinationPolicy.all().toString());
        }
        for (String spelling : List.of("FIRST_PARTY", "firstParty", "first_party")) {
            assertThat(told(spelling)).isEqualTo(DestinationPolicy.firstParty().toString());
        }
        assertThat(told("first.party"))
                .isEqualTo(DestinationPolicy.hosts("first.party").toString());
        assertThat(told(" none ")).isEqualTo(DestinationPolicy.none().toString());
        assertThat(told("a.example", " ", "*.b.example"))
                .isEqualTo(DestinationPolicy.hosts("a.example", "*.b.example").toString());
    }

    private static String told(String... words) {
        return Destinations.of("destinations", List.of(words)).toString();
    }

    @Test
    void nothingSaid_isNoPolicy() {
        assertThat(Destinations.of("destinations", List.of())).isNull();
        assertThat(Destinations.of("destinations", List.of("", " "))).isNull();
    }

    @Test
    void policyStandsAlone() {
        assertThatThrownBy(() -> Destinations.of("destinations", List.of("a.example", "all")))
                .hasMessage("destinations: 'all' is a policy of its own; leave out all other values");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            delimiter = '|',
            value = {
                "none                             | none",
                "' '                              | none",
                "' https://gw.example/v1 '        | https://gw.example/v1",
            })
    void baseUrl_isStripped_andABlankOneIsNone(String property, String url) {
        assertThat(BaseUrls.checked("base-url", property)).isEqualTo(url);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "null",
            delimiter = '|',
            value = {
                "null                             | none",
                "''                               | none",
                "https://u:hidden@gw.example/v1?k | https://gw.example",
                "hidden                           | ***",
            })
    void baseUrl_isShownByItsOrigin(String property, String shown) {
        assertThat(BaseUrls.shown(property)).isEqualTo(shown);
    }

    @Test
    void baseUrlThatIsNone_isToldByItsProperty() {
        assertThatThrownBy(() -> BaseUrls.checked("llm.base-url", "gw.example"))
                .isInstanceOf(InvalidPropertyException.class)
                .hasMessageStartingWith("llm.base-url: ");
    }
}
