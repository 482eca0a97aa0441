package dev.llmpropagation.testkit;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.testkit.Answer.Content;
import dev.llmpropagation.testkit.Answer.Failure;
import dev.llmpropagation.testkit.Answer.Redirect;
import dev.llmpropagation.testkit.Answer.Said;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Says more about the answer that was given last to an {@link LlmServer}, or adds the next one. Requests, or
 * those that ask what {@link LlmServer#whenAsked} says, get the answers in their order, and the last answer for ever. Nothing may be null. Set it up before the first request; thread-safe.
 */
public final class Stubbing {

    static final List<String> GREETING = List.of("Hello", ", ", "world");

    private final Script script;

    Stubbing(Script script) {
        this.script = script;
    }

    /** Waits this long before each event of a stream. The headers go out at once. Default: zero. */
    public Stubbing every(Duration pause) {
        return change(answer -> answer.withEvery(pause));
    }

    /** Waits this long before it sends anything at all. Default: zero. */
    public Stubbing after(Duration pause) {
        return change(answer -> answer.withAfter(pause));
    }

    /**
     * Counts these tokens. Default: 9 in, and one out for each piece of the answer.
     *
     * @throws IllegalArgumentException if one of them is negative
     * @throws IllegalStateException if the answer is a failure or a redirect
     */
    public Stubbing usage(long inputTokens, long outputTokens) {
        return changeSaid("usage", said -> said.withUsage(inputTokens, outputTokens));
    }

    /**
     * Ends with this reason, in the service's own word: {@code length}, {@code MAX_TOKENS}. Default: that of a complete
     * answer, or of a tool call.
     *
     * @throws IllegalStateException if the answer is a failure or a redirect
     */
    public Stubbing finishReason(String reason) {
        return changeSaid("finishReason", said -> said.withFinishReason(reason));
    }

    /**
     * Sends {@code Retry-After}.
     *
     * @throws IllegalStateException if the answer is not a failure
     */
    public Stubbing retryAfter(int seconds) {
        return retryAfter(Duration.ofSeconds(seconds));
    }

    /**
     * Sends {@code Retry-After} in whole seconds, rounded up, and from OpenAI also {@code retry-after-ms}.
     *
     * @throws IllegalArgumentException if it is negative
     * @throws IllegalStateException if the answer is not a failure
     */
    public Stubbing retryAfter(Duration wait) {
        Answer.notNegative("retryAfter", wait);
        return changeContent(content -> {
            if (content instanceof Failure failure) {
                return new Failure(failure.status(), Answer.bounded(wait));
            }
            throw new IllegalStateException("retryAfter follows willFail or thenFail, and here it follows " + content);
        });
    }

    /** Strikes while this answer is sent. */
    public Stubbing with(Fault fault) {
        return change(answer -> answer.withFault(fault));
    }

    /** As {@link LlmServer#willAnswer}. */
    public Stubbing thenAnswer(String text) {
        return thenStream(requireNonNull(text, "text"));
    }

    /** As {@link LlmServer#willStream}. */
    public Stubbing thenStream(String... pieces) {
        if (requireNonNull(pieces, "pieces").length == 0) {
            throw new IllegalArgumentException("A stream has one piece or more: willStream(\"he\", \"llo\")");
        }
        for (String piece : pieces) {
            requireNonNull(piece, "piece");
        }
        return add(Said.of(List.of(pieces), null));
    }

    /** As {@link LlmServer#willCallTool}. */
    public Stubbing thenCallTool(String name, String jsonArguments) {
        requireNonNull(name, "name");
        return add(Said.of(List.of(requireNonNull(jsonArguments, "jsonArguments")), name));
    }

    /** As {@link LlmServer#willFail}. */
    public Stubbing thenFail(int status) {
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("status is " + status + ": a failure has 400 to 599");
        }
        return add(new Failure(status, null));
    }

    /** As {@link LlmServer#willRedirectTo}. */
    public Stubbing thenRedirectTo(String url) {
        return add(new Redirect(requireNonNull(url, "url")));
    }

    /** As {@link LlmServer#willBreakMidStream}. */
    public Stubbing thenBreakMidStream() {
        return thenBreakWith(new Fault.Disconnect(Fault.Phase.IN_BODY));
    }

    /** As {@link LlmServer#willStall}. */
    public Stubbing thenStall() {
        return thenBreakWith(new Fault.Stall(Fault.Phase.IN_BODY));
    }

    /** As {@link LlmServer#willBreakWith}. */
    public Stubbing thenBreakWith(Fault fault) {
        return add(Said.of(GREETING, null)).with(fault);
    }

    private Stubbing add(Content content) {
        script.add(Answer.of(content));
        return this;
    }

    private Stubbing change(UnaryOperator<Answer> change) {
        script.changeLast(change);
        return this;
    }

    private Stubbing changeContent(UnaryOperator<Content> change) {
        return change(answer -> answer.withContent(change.apply(answer.content())));
    }

    private Stubbing changeSaid(String option, UnaryOperator<Said> change) {
        return changeContent(content -> {
            if (content instanceof Said said) {
                return change.apply(said);
            }
            throw new IllegalStateException(option + " follows an answer of the model, and here it follows " + content);
        });
    }
}
