package dev.llmpropagation.examples

import com.openai.client.OpenAIClient
import com.openai.models.chat.completions.ChatCompletionCreateParams
import dev.llmpropagation.LlmPropagation
import dev.llmpropagation.agent.Decision
import dev.llmpropagation.agent.DecisionSource
import dev.llmpropagation.daemon.BridgeOperation
import dev.llmpropagation.daemon.DaemonTelemetry
import dev.llmpropagation.openai.OpenAiClientFactory
import dev.llmpropagation.session.LlmSession
import dev.llmpropagation.testkit.LlmAssertions.assertThat
import dev.llmpropagation.testkit.LlmAssertions.assertThatTrace
import dev.llmpropagation.testkit.LlmServer
import dev.llmpropagation.testkit.RecordedTelemetry
import java.io.IOException
import org.assertj.core.api.Assertions.assertThat
import org.assertj.core.api.Assertions.assertThatThrownBy
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.RegisterExtension

class FiveMinutesTest {

    @JvmField @RegisterExtension val telemetry: RecordedTelemetry = RecordedTelemetry.create()

    private val propagation by lazy { LlmPropagation.builder(telemetry.openTelemetry()).build() }

    private val client: OpenAIClient by lazy {
        OpenAiClientFactory.create(propagation).client { it.apiKey("key").baseUrl(openai.baseUrl()) }
    }

    @AfterEach
    fun close() = client.close()

    private fun OpenAIClient.ask(question: String): String =
        chat().completions()
            .create(ChatCompletionCreateParams.builder().model("gpt-4o-mini").addUserMessage(question).build())
            .choices()[0].message().content().orElse("")

    @Test
    fun call_carriesTraceAndSession() {
        openai.willAnswer("hello")
        val answer = LlmSession.of("session-1").makeCurrent().use { client.ask("Hi") }
        assertThat(answer).isEqualTo("hello")
        assertThat(openai.lastRequest()).carriesTraceparentOf(telemetry.attempt()).carriesSessionId("session-1")
    }

    @Test
    fun quickstart_isOneTreeInItsSession() {
        openai.willAnswer("It rains.")
        val answer = ask(telemetry.openTelemetry(), "Hi") { it.apiKey("key").baseUrl(openai.baseUrl()) }
        assertThat(answer).isEqualTo("Cologne: It rains.")
        assertThat(openai.lastRequest()).carriesTraceparentAndSessionOf(telemetry.attempt())
    }

    @Test
    fun agent_infersTheTypesOfItsBodies() {
        openai.willAnswer("It rains.")
        val length: Int = propagation.agent().interaction("prompt-1").session("session-1").call { turn ->
            val found = turn.tool("search").call { tool ->
                tool.blockedOnUser().run { it.decided(Decision.PROCEED_ONCE, DecisionSource.CLI) }
                tool.execution().call { "Cologne" }
            }
            client.ask("Weather in $found?").length
        }
        assertThat(length).isEqualTo("It rains.".length)
        assertThat(openai.lastRequest()).carriesSessionId("session-1")
        assertThatTrace(telemetry).isComplete().hasTree(
            """
            qwen-code.interaction
              qwen-code.tool
                qwen-code.tool.blocked_on_user
                qwen-code.tool.execution
              qwen-code.llm_request
                POST
            """.trimIndent() + "\n",
        )
    }

    @Test
    fun body_mayGiveNullAndThrowWhatItLikes() {
        val nothing: String? = propagation.agent().tool("search").call { null }
        assertThat(nothing).isNull()
        val failure = IOException("broken")
        assertThatThrownBy { propagation.agent().tool("search").run { throw failure } }.isSameAs(failure)
    }

    @Test
    fun daemon_infersTheTypesOfItsSteps() {
        DaemonTelemetry.builder(telemetry.openTelemetry()).build().use { daemon ->
            val id: Long = daemon.bridge(BridgeOperation.SESSION_NEW).call { 7L }
            assertThat(id).isEqualTo(7L)
            daemon.bridge(BridgeOperation.SESSION_CLOSE).run { }
        }
    }

    companion object {
        @JvmField @RegisterExtension val openai: LlmServer = LlmServer.openAi()
    }
}
