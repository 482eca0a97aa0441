package dev.llmpropagation.examples

import com.openai.client.okhttp.OpenAIOkHttpClient
import com.openai.models.chat.completions.ChatCompletionCreateParams
import dev.llmpropagation.LlmPropagation
import dev.llmpropagation.openai.OpenAiClientFactory
import io.opentelemetry.api.OpenTelemetry

/** As README shows it. */
fun ask(openTelemetry: OpenTelemetry, question: String, settings: (OpenAIOkHttpClient.Builder) -> Unit): String {
    // sample: kotlin
    val propagation = LlmPropagation.builder(openTelemetry).build()
    val params = ChatCompletionCreateParams.builder().model("gpt-4o-mini").addUserMessage(question).build()
    val client = OpenAiClientFactory.create(propagation).client { settings(it) }
    val answer = propagation.agent().interaction("prompt-1").session("session-1").call { turn ->
        val place = turn.tool("search").call { "Cologne" }
        val told = client.chat().completions().create(params).choices()[0].message().content().orElse("")
        "$place: $told"
    }
    client.close()
    // end
    return answer
}
