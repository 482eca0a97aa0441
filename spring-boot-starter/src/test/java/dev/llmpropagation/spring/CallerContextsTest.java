package dev.llmpropagation.spring;

import static dev.llmpropagation.testkit.LlmAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import dev.llmpropagation.session.LlmSession;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.handler.TracingObservationHandler.TracingContext;
import io.opentelemetry.context.Context;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** What is known of a caller by one way stays, whatever another way does. */
class CallerContextsTest extends ProgramOnServices {

    private static final CallerContext SESSION = current -> current.with(LlmSession.of("s-1"));
    private static final CallerContext FAILING = current -> {
        throw new ClassCastException("of a bridge that nobody knows");
    };
    private static final CallerContext INCOMPLETE = current -> {
        throw new NoClassDefFoundError("of a bridge that is not there");
    };

    @Test
    void wayThatFails_leavesTheSessionThatAnotherHasFound() {
        openai.willAnswer("hello");
        for (List<CallerContext> ways : List.of(List.of(SESSION, FAILING, INCOMPLETE), List.of(FAILING, SESSION))) {
            ApplicationContextRunner program = program(OpenAiClientAutoConfiguration.class);
            for (int i = 0; i < ways.size(); i++) {
                CallerContext way = ways.get(i);
                program = program.withBean("way" + i, CallerContext.class, () -> way);
            }
            program.run(context -> {
                chat(context.getBean(OpenAIClient.class));
                assertThat(openai.lastRequest()).carriesSessionId("s-1");
            });
        }
    }

    /** Of Brave's bridge, of a test's tracer, or of none. */
    @Test
    void spanOfAnotherBridge_isNoModelCallThatIsTold() {
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(context -> true);
        ChatModelObservationContext call = ChatModelObservationContext.builder()
                .prompt(new Prompt("hi"))
                .provider("openai")
                .build();
        TracingContext tracing = new TracingContext();
        tracing.setSpan(Span.NOOP);
        call.put(TracingContext.class, tracing);
        StreamStarts starts = new StreamStarts();
        ObservedModelCall told = new ObservedModelCall(registry, starts);

        Observation.createNotStarted("chat", () -> call, registry)
                .observe(() -> assertThat(told.apply(Context.root())).isSameAs(Context.root()));
        starts.during(() -> {
            starts.onStart(call);
            assertThat(told.apply(Context.root())).isSameAs(Context.root());
        });
    }
}
