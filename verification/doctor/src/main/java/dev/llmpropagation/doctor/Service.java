package dev.llmpropagation.doctor;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import java.util.function.Consumer;

/** A server that stands for a model service, on the loopback interface. */
final class Service implements AutoCloseable {

    private final WireMockServer server;
    private final String host;

    private Service(WireMockServer server, String host) {
        this.server = server;
        this.host = host;
    }

    /**
     * @param host the name by which clients know it
     * @param journal gets each request before its answer is sent
     */
    static Service start(ServiceName name, String host, Consumer<WireRequest> journal) {
        WireMockServer server = new WireMockServer(WireMockConfiguration.options()
                .bindAddress("127.0.0.1")
                .dynamicPort()
                .disableRequestJournal()
                .asynchronousResponseEnabled(true));
        server.addMockServiceRequestListener((request, response) -> journal.accept(WireRequest.of(name, request)));
        server.start();
        return new Service(server, host);
    }

    String url() {
        return "http://" + host + ':' + server.port();
    }

    /** Answers the next requests with these, in turn, and all later ones with the last. */
    void answers(ResponseDefinitionBuilder... answers) {
        server.resetAll();
        for (int i = 0; i < answers.length; i++) {
            boolean last = i == answers.length - 1;
            server.stubFor(any(anyUrl())
                    .inScenario("answers")
                    .whenScenarioStateIs(state(i))
                    .willSetStateTo(state(last ? i : i + 1))
                    .willReturn(answers[i]));
        }
    }

    private static String state(int answer) {
        return answer == 0 ? Scenario.STARTED : "answer " + answer;
    }

    @Override
    public void close() {
        server.stop();
    }
}
