package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A class of its own, as bin/mutations cannot take seconds for each of its changes. */
class WireBodiesCutAnywhereTest {

    static List<WireBody> bodies() {
        return WireBody.all();
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void body_saysTheSame_inTwoPieces_cutAnywhere(WireBody body) {
        ResponseFacts whole = body.facts();
        byte[] bytes = body.bytes();
        for (int cut = 0; cut <= bytes.length; cut++) {
            ResponseScanner scanner = body.scanner();
            Passing.piece(bytes, 0, cut, scanner);
            Passing.piece(bytes, cut, bytes.length - cut, scanner);
            assertThat(scanner.finish(false)).as("cut at %d", cut).isEqualTo(whole);
        }
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void body_saysTheSame_inSmallPieces(WireBody body) {
        ResponseFacts whole = body.facts();
        byte[] bytes = body.bytes();
        for (int size = 2; size < 40; size++) {
            ResponseScanner scanner = body.scanner();
            for (int i = 0; i < bytes.length; i += size) {
                Passing.piece(bytes, i, Math.min(size, bytes.length - i), scanner);
            }
            assertThat(scanner.finish(false)).as("pieces of %d", size).isEqualTo(whole);
        }
    }
}
