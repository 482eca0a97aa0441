package dev.llmpropagation.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** What properties set, and what a program is told whose properties cannot be used. */
class PropertiesTest extends ProgramOnServices {

    private ApplicationContextRunner program() {
        return program(OpenAiClientAutoConfiguration.class);
    }

    private static void call(OpenAIClient client) {
        try (Scope session = LlmSession.of("s-1").makeCurrent()) {
            chat(client);
        }
    }

    @Test
    void namesOfHeadersAndSpans_reachTheWireAndTheSpans() {
        openai.willAnswer("hello");
        program()
                .withPropertyValues(
                        "llm.propagation.session-id-header=X-Session",
                        "llm.propagation.request-id=true",
                        "llm.propagation.request-id-header=X-Request",
                        "llm.propagation.correlation-headers.X-Agent-Id=a-1",
                        "llm.propagation.agent.name=assistant",
                        "llm.propagation.agent.span-names=gen-ai")
                .run(context -> {
                    call(context.getBean(OpenAIClient.class));
                    assertThat(openai.lastRequest().getHeader("X-Session")).isEqualTo("s-1");
                    assertThat(openai.lastRequest().getHeader("X-Request")).isNotNull();
                    assertThat(openai.lastRequest().getHeader("X-Agent-Id")).isEqualTo("a-1");
                    assertThat(telemetry.spans())
                            .extracting(span -> span.getName())
                            .contains("chat m");
                });
    }

    @ParameterizedTest
    @CsvSource({
        ", , gen_ai.client.operation.duration",
        ", gen_ai_latest_experimental, gen_ai.client.inference.duration",
        "true, , gen_ai.client.inference.duration",
        "false, gen_ai_latest_experimental, gen_ai.client.operation.duration"
    })
    void latestConventions_winOverTheEnvironment(String property, String environment, String duration) {
        openai.willAnswer("hello");
        ApplicationContextRunner program = environment == null
                ? program()
                : program().withSystemProperties("otel.semconv-stability.opt-in=" + environment);
        (property == null
                        ? program
                        : program.withPropertyValues("llm.propagation.agent.latest-conventions=" + property))
                .run(context -> {
                    call(context.getBean(OpenAIClient.class));
                    assertThat(telemetry.metrics())
                            .extracting(metric -> metric.getName())
                            .filteredOn(name -> name.endsWith(".duration") && name.startsWith("gen_ai."))
                            .containsExactly(duration);
                });
    }

    @Test
    void destinationsAndModelCalls_areAsThePropertiesSay() {
        openai.willAnswer("hello");
        program()
                .withPropertyValues(
                        "llm.propagation.destinations=none",
                        "llm.propagation.session-destinations=localhost, *.corp.example",
                        "llm.propagation.model-calls=false")
                .run(context -> {
                    call(context.getBean(OpenAIClient.class));
                    assertThat(openai.lastRequest().getHeader("traceparent")).isNull();
                    assertThat(openai.lastRequest().getHeader("X-Qwen-Code-Session-Id"))
                            .isEqualTo("s-1");
                    assertThat(telemetry.spans()).hasSize(1);
                    assertThat(context.getBean(LlmPropagation.class).explain("https://a.corp.example/"))
                            .contains("none() allows no destination", "pattern *.corp.example");
                });
    }

    @Test
    void network_isMadeOfTheProperties(@TempDir Path folder) throws IOException {
        Path authority = Files.writeString(folder.resolve("ca.pem"), openai.certificatePem());
        openai.willAnswer("hello");
        program()
                .withPropertyValues(
                        "llm.propagation.openai.base-url=" + openai.secureBaseUrl(),
                        "llm.propagation.tls.trust=" + authority,
                        "llm.propagation.tls.system-trust=false",
                        "llm.propagation.proxy.url=http://proxy.example:3128",
                        "llm.propagation.proxy.user=u",
                        "llm.propagation.proxy.password=hidden",
                        "llm.propagation.proxy.except=.corp.example",
                        "llm.propagation.connections.read-timeout=5s",
                        "llm.propagation.connections.max-requests=7")
                .run(context -> {
                    call(context.getBean(OpenAIClient.class)); // loopback goes around the proxy
                    ClientNetwork network = context.getBean(ClientNetwork.class);
                    assertThat(network.proxy().explain("https://api.example/"))
                            .contains("through the proxy", "proxy.example:3128", "with credentials");
                    assertThat(network.proxy().explain("https://a.corp.example/"))
                            .contains("directly");
                    assertThat(network.connections().toString()).contains("7");
                    assertThat(network.toString()).doesNotContain("hidden");
                });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            session-id-header | Authorization | Authorization
            session-id-header | X Y           | U+0020
            destinations      | all, a.example | all
            destinations      | http://x      | http://x
            request-id-header | traceparent   | traceparent
            captured-request-headers | Cookie | ookie
            correlation-headers.Authorization | a | Authorization
            proxy.url         | https://u:hidden@proxy | TLS
            proxy.except      | a b/c         | no proxy
            tls.trust         | /no/such.pem  | /no/such.pem
            tls.system-trust  | false         | trust
            tls.client-certificate | x        | x
            connections.read-timeout | -1s    | negative
            connections.max-requests | 0      | at least 1
            openai.base-url   | localhost:1   | cannot be used: 'localhost:1'
            openai.timeout    | -1s           | negative
            openai.max-retries | -1           | negative
            correlation-headers.X-A | a b     | visible ASCII
            correlation-headers.X-A | \u00e4  | visible ASCII
            """)
    void valueThatCannotBeUsed_isToldByItsProperty(String property, String value, String told) {
        String name = "llm.propagation." + (property.equals("tls.client-certificate") ? property + ".chain" : property);
        program().withPropertyValues(name + "=" + value).run(context -> {
            assertThat(context).hasFailed();
            Throwable failure = context.getStartupFailure();
            FailureAnalysis analysis = new InvalidPropertyFailureAnalyzer().analyze(failure);
            assertThat(analysis).as(failure.toString()).isNotNull();
            String group = property.equals("proxy.except")
                    ? "llm.propagation.proxy"
                    : "llm.propagation." + property.replace(".Authorization", "");
            assertThat(analysis.getDescription()).contains(group);
            assertThat(analysis.getAction()).contains(group);
            assertThat(analysis.getDescription() + failure).doesNotContain("hidden");
            if (!property.equals("tls.client-certificate")) {
                assertThat(analysis.getDescription()).containsIgnoringCase(told);
            }
        });
    }

    /** As a placeholder leaves it that has nothing to resolve to. */
    @Test
    void correlationHeaderWithoutAValue_isNone() {
        openai.willAnswer("hello");
        program()
                .withPropertyValues(
                        "llm.propagation.correlation-headers.X-A=${agent-id:}",
                        "llm.propagation.correlation-headers.X-B= b-1 ")
                .run(context -> {
                    call(context.getBean(OpenAIClient.class));
                    assertThat(openai.lastRequest().containsHeader("X-A")).isFalse();
                    assertThat(openai.lastRequest().getHeader("X-B")).isEqualTo("b-1");
                });
    }

    @Test
    void texts_showNoSecret() {
        assertThat(new OpenAiClientProperties(null, "https://u:hidden@gw/v1?key=hidden", "hidden", "o", "p", null, 3)
                        .toString())
                .contains("https://gw")
                .doesNotContain("hidden");
        assertThat(new GeminiClientProperties("hidden", null, "v1", true, "p", "l").toString())
                .contains("v1")
                .doesNotContain("hidden");
        assertThat(new LlmPropagationProperties.OfProxy("http://u:hidden@p", null, "u", "hidden", List.of(), false)
                        .toString())
                .doesNotContain("hidden");
        assertThat(new LlmPropagationProperties.OfClientCertificate("c", "k", null, "hidden").toString())
                .doesNotContain("hidden");
    }

    /** What an IDE shows: every property, with a description. */
    @Test
    void metadata_describesEveryProperty() throws IOException {
        String json = "";
        for (URL metadata : Collections.list(
                getClass().getClassLoader().getResources("META-INF/spring-configuration-metadata.json"))) {
            try (InputStream in = metadata.openStream()) {
                String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                json = text.contains("llm.propagation") ? text : json;
            }
        }
        assertThat(json)
                .contains(
                        "\"llm.propagation.destinations\"",
                        "\"llm.propagation.session.request-header\"",
                        "\"llm.propagation.proxy.url\"",
                        "\"llm.propagation.tls.client-certificate.pkcs12\"",
                        "\"llm.propagation.openai.api-key\"",
                        "\"llm.propagation.gemini.vertex-ai\"",
                        "Name of the session header.",
                        "PKCS12 file with both, instead of the PEM files.");
        String properties = json.substring(json.indexOf("\"properties\""), json.indexOf("\"hints\""));
        for (String property : properties.split("\\},")) {
            assertThat(property).contains("\"description\"");
        }
    }
}
