package dev.llmpropagation.internal.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a response says of itself, without content. Immutable. What was not said is null.
 *
 * @param id the first id of the response
 * @param model the model that answered, as first named
 * @param finishReasons in the service's own words, by the index of the choice or candidate; {@code error} where a
 *     choice began and no reason came. One for the Responses and Interactions APIs: why it is incomplete, else its
 *     status; none while it goes on in the background. Empty where there is no choice.
 * @param usage of the last report
 * @param serviceTier the tier that served the call
 * @param systemFingerprint the configuration of the service
 * @param errorType the service's code of an error inside the body, which may come with status 200; {@code _OTHER} if it
 *     has none that is a plain word; null without an error. Texts are as the service wrote them, up to 256 bytes: they
 *     still have to be made fit to be shown
 * @param firstChunkNanos the time that was passed with the first piece of a stream in which the model said something;
 *     by the caller's clock; null if this is no stream or nothing was said
 */
public record ResponseFacts(
        @Nullable String id,
        @Nullable String model,
        List<String> finishReasons,
        @Nullable Usage usage,
        @Nullable String serviceTier,
        @Nullable String systemFingerprint,
        @Nullable String errorType,
        @Nullable Long firstChunkNanos) {

    public ResponseFacts {
        finishReasons = List.copyOf(finishReasons);
    }
}
