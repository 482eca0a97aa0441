package dev.llmpropagation.scenarios.samples;

import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.agent.Decision;
import dev.llmpropagation.agent.DecisionSource;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.agent.SpanNames;
import dev.llmpropagation.agent.Tool;
import dev.llmpropagation.agent.ToolFailure;
import dev.llmpropagation.sdk.SessionIdGenerator;
import dev.llmpropagation.sdk.SessionSpanProcessor;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.extension.kotlin.ContextExtensionsKt;
import io.opentelemetry.instrumentation.reactor.v3_1.ContextPropagationOperator;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import kotlin.coroutines.CoroutineContext;
import reactor.core.publisher.Mono;

/** The samples of docs/agents.md. */
final class AgentSamples {

    private AgentSamples() {}

    static String turn(
            LlmPropagation propagation,
            OpenAIClient client,
            ChatCompletionCreateParams question,
            Function<ChatCompletion, ChatCompletionCreateParams> withResult,
            Supplier<String> search) {
        // sample: turn
        AgentTracing agent = propagation.agent();
        String answer = agent.interaction("prompt-1").session("session-1").call(turn -> {
            ChatCompletion first = client.chat().completions().create(question);
            String found = turn.tool("search").callId("call-1").call(tool -> {
                tool.blockedOnUser().run(wait -> wait.decided(Decision.PROCEED_ONCE, DecisionSource.CLI));
                return tool.execution().call(run -> search.get());
            });
            ChatCompletion second = client.chat().completions().create(withResult.apply(first));
            return second.choices().get(0).message().content().orElse(found);
        });
        // end
        return answer;
    }

    static void handle(AgentTracing agent, Callable<String> search) throws Exception {
        // sample: handle
        try (Tool tool = agent.tool("search").start();
                Scope ignored = tool.makeCurrent()) {
            String found = search.call();
            if (found.isEmpty()) {
                tool.failed(ToolFailure.TOOL_ERROR);
            } else {
                tool.completed();
            }
        }
        // end
    }

    static CompletableFuture<String> async(AgentTracing agent, Function<Tool, CompletableFuture<String>> search) {
        // sample: async
        CompletableFuture<String> answer = agent.interaction("prompt-1")
                .callAsync(turn -> turn.tool("search").callAsync(search).thenApply(found -> "Found " + found));
        // end
        return answer;
    }

    static CompletableFuture<Void> background(Interaction turn, ExecutorService executor, Runnable work) {
        // sample: background
        CompletableFuture<Void> done = turn.subagent("helper")
                .background()
                .callAsync(helper -> CompletableFuture.runAsync(helper.context().wrap(work), executor));
        // end
        return done;
    }

    static void cancel(AgentTracing agent, BooleanSupplier stopped, Runnable work) {
        // sample: cancel
        agent.interaction("prompt-1").cancelledWhen(stopped).run(turn -> work.run());
        // end
    }

    static LlmPropagation options(OpenTelemetry openTelemetry, ScheduledExecutorService executor) {
        // sample: options
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry)
                .agent(options -> options.agentName("my-agent")
                        .spanNames(SpanNames.genAi())
                        .timeToLive(Duration.ofHours(1))
                        .sweeper(executor))
                .build();
        // end
        return propagation;
    }

    static LlmPropagation content(OpenTelemetry openTelemetry) {
        // sample: content
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry)
                .agent(options -> options.content(ContentCapture.on()
                        .maxLength(10_000)
                        .redaction(text -> text.contains("PRIVATE") ? null : text)))
                .build();
        // end
        return propagation;
    }

    static SdkTracerProviderBuilder sdk() {
        // sample: sdk
        SdkTracerProviderBuilder provider = SdkTracerProvider.builder()
                .addSpanProcessor(SessionSpanProcessor.create())
                .setIdGenerator(SessionIdGenerator.create());
        // end
        return provider;
    }

    static List<Future<String>> executor(ExecutorService executor, List<Callable<String>> calls) throws Exception {
        // sample: executor
        ExecutorService inContext = Context.taskWrapping(executor);
        List<Future<String>> answers = inContext.invokeAll(calls);
        // end
        return answers;
    }

    static Mono<String> reactor(AgentTracing agent, Mono<String> answers) {
        // sample: reactor
        Mono<String> answer = Mono.fromFuture(() -> agent.interaction("prompt-1")
                .callAsync(turn -> ContextPropagationOperator.runWithContext(answers, turn.context())
                        .toFuture()));
        // end
        return answer;
    }

    static CoroutineContext coroutines(Interaction turn) {
        // sample: coroutines
        CoroutineContext element = ContextExtensionsKt.asContextElement(turn.context());
        // end
        return element;
    }
}
