package dev.llmpropagation.testkit;

import com.github.tomakehurst.wiremock.common.Json;
import dev.llmpropagation.testkit.Answer.Failure;
import dev.llmpropagation.testkit.Answer.Said;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The wire format of one family of services. */
interface Dialect {

    /** What its SDK's base URL has after the origin. */
    String basePath();

    /**
     * The answer to this request, in the form that the request asks for.
     *
     * @param number of the request, from 1
     * @return null if the service has no such endpoint
     */
    @Nullable
    Body say(Asked asked, Said said, int number);

    /** The service's document about an error. */
    String error(int status, String message);

    /** Headers of a failed answer. */
    Map<String, String> headers(Failure failure);

    /** Headers of every answer. */
    Map<String, String> headers(int number);

    /** @param contentType as the service has it */
    record Body(String contentType, String text) {

        static Body json(String text) {
            return new Body("application/json", text);
        }

        /** @param end of a line */
        static Body events(List<String> events, String end) {
            return new Body(
                    "text/event-stream",
                    events.stream().map(event -> event + end + end).collect(Collectors.joining()));
        }
    }

    /** As a JSON string, quotes included. */
    static String quoted(String text) {
        return Json.write(text);
    }
}
