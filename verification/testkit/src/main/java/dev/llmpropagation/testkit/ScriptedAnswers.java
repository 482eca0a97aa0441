package dev.llmpropagation.testkit;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.extension.ResponseDefinitionTransformerV2;
import com.github.tomakehurst.wiremock.http.ResponseDefinition;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import dev.llmpropagation.testkit.Answer.Failure;
import dev.llmpropagation.testkit.Answer.Redirect;
import dev.llmpropagation.testkit.Answer.Said;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Gives each request the next answer to its question, in the form that the request asks for. */
final class ScriptedAnswers implements ResponseDefinitionTransformerV2 {

    static final String NAME = "llm-server";

    private static final int MAX_SHOWN = 200;

    private final Dialect dialect;
    private final Questions questions;
    private final PacedServer paced;
    private final AtomicInteger requests = new AtomicInteger();

    ScriptedAnswers(Dialect dialect, Questions questions, PacedServer paced) {
        this.dialect = dialect;
        this.questions = questions;
        this.paced = paced;
    }

    @Override
    public String getName() {
        return NAME;
    }

    @Override
    public boolean applyGlobally() {
        return false;
    }

    @Override
    public ResponseDefinition transform(ServeEvent event) {
        Asked asked = Asked.of(event.getRequest());
        String text = AskedText.of(asked);
        Answer answer = questions.to(text).next();
        if (answer == null) {
            return error(
                            404,
                            "This LlmServer has no answer: call willAnswer(\"…\") or another will… before the request,"
                                    + " or whenAsked(contains(\"…\")), in the test itself, since each test begins without"
                                    + " answers. What was asked: "
                                    + text.substring(0, Math.min(text.length(), MAX_SHOWN)))
                    .build();
        }
        ResponseDefinitionBuilder response = response(asked, answer);
        return response.withHeader(
                        PacedServer.PLAN, paced.plan(new SendingPlan(answer.after(), answer.every(), answer.fault())))
                .build();
    }

    private ResponseDefinitionBuilder response(Asked asked, Answer answer) {
        if (answer.content() instanceof Failure failure) {
            ResponseDefinitionBuilder response = error(failure.status(), "refused as the test wants it");
            dialect.headers(failure).forEach(response::withHeader);
            return response;
        }
        if (answer.content() instanceof Redirect redirect) {
            return new ResponseDefinitionBuilder().withStatus(307).withHeader("Location", redirect.url());
        }
        int number = requests.incrementAndGet();
        Dialect.@Nullable Body body = dialect.say(asked, (Said) answer.content(), number);
        if (body == null) {
            return error(404, "This LlmServer does not play " + asked.path() + ": stub it on wireMock()");
        }
        ResponseDefinitionBuilder response = new ResponseDefinitionBuilder()
                .withStatus(200)
                .withHeader("Content-Type", body.contentType())
                .withBody(body.text());
        dialect.headers(number).forEach(response::withHeader);
        return response;
    }

    private ResponseDefinitionBuilder error(int status, String message) {
        return new ResponseDefinitionBuilder()
                .withStatus(status)
                .withHeader("Content-Type", "application/json")
                .withBody(dialect.error(status, message));
    }

    /** Rounded up. */
    static String seconds(Duration wait) {
        return Long.toString(wait.plusMillis(999).toSeconds());
    }
}
