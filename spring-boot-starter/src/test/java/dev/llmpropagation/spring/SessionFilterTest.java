package dev.llmpropagation.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.fixtures.FailingStorage;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.context.Context;
import jakarta.servlet.ServletException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.core.Ordered;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/** Which session a request is served under. */
class SessionFilterTest {

    private final WebApplicationContextRunner program = new WebApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(LlmPropagationAutoConfiguration.class, SessionFilterAutoConfiguration.class));

    @Test
    void header_namesTheSession_whileTheRequestIsServed() throws Exception {
        assertThat(served("s-1")).isEqualTo("s-1");
        assertThat(LlmSession.fromContext(Context.current())).isNull();
    }

    @Test
    void idThatCannotStandInAHeader_isNone() throws Exception {
        assertThat(served("two words")).isNull();
        assertThat(served("x".repeat(257))).isNull();
        assertThat(served(null)).isNull();
    }

    @Test
    void filterIsThere_onlyIfAHeaderIsNamed() {
        program.run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(SessionFilter.class));
        program.withPropertyValues("llm.propagation.session.request-header=X-Session-Id")
                .run(context -> assertThat(context).hasSingleBean(SessionFilter.class));
        program.withPropertyValues("llm.propagation.session.request-header= ").run(context -> {
            FailureAnalysis analysis = new InvalidPropertyFailureAnalyzer().analyze(context.getStartupFailure());
            assertThat(analysis.getDescription()).contains("llm.propagation.session.request-header", "blank");
        });
        for (String unfit : List.of("Authorization", "cookie", "X-Api-Key", "X-Auth-Token", "X Y")) {
            program.withPropertyValues("llm.propagation.session.request-header=" + unfit)
                    .run(context -> {
                        FailureAnalysis analysis =
                                new InvalidPropertyFailureAnalyzer().analyze(context.getStartupFailure());
                        assertThat(analysis.getDescription())
                                .contains("llm.propagation.session.request-header", "no header's name", "credential")
                                .doesNotContain("capturedRequestHeaders", unfit);
                    });
        }
    }

    private static String served(String id) throws Exception {
        MockHttpServletRequest request = new MockHttpServletRequest("POST", "/");
        if (id != null) {
            request.addHeader("X-Session-Id", id);
        }
        AtomicReference<LlmSession> seen = new AtomicReference<>();
        new SessionFilter("X-Session-Id", null)
                .doFilter(
                        request,
                        new MockHttpServletResponse(),
                        (in, out) -> seen.set(LlmSession.fromContext(Context.current())));
        return seen.get() == null ? null : seen.get().id();
    }

    @Test
    void requestWithoutAFitId_isServedAllTheSame() throws Exception {
        AtomicReference<String> served = new AtomicReference<>();
        new SessionFilter("X-Session-Id", null)
                .doFilter(
                        new MockHttpServletRequest("POST", "/"),
                        new MockHttpServletResponse(),
                        (in, out) -> served.set("yes"));
        assertThat(served.get()).isEqualTo("yes");
    }

    @Test
    void observationOfTheRequest_carriesItsSession() throws Exception {
        AtomicReference<LlmSession> carried = new AtomicReference<>();
        MockHttpServletRequest request = new MockHttpServletRequest("POST", "/");
        request.addHeader("X-Session-Id", "s-1");
        new SessionFilter(" X-Session-Id ", carried::set)
                .doFilter(request, new MockHttpServletResponse(), (in, out) -> {});
        assertThat(carried.get().id()).isEqualTo("s-1");
    }

    @Test
    void observationThatFails_leavesTheRequestItsSession() throws Exception {
        AtomicReference<LlmSession> seen = new AtomicReference<>();
        MockHttpServletRequest request = new MockHttpServletRequest("POST", "/");
        request.addHeader("X-Session-Id", "s-1");
        new SessionFilter("X-Session-Id", session -> {
                    throw new IllegalStateException("of the program's");
                })
                .doFilter(
                        request,
                        new MockHttpServletResponse(),
                        (in, out) -> seen.set(LlmSession.fromContext(Context.current())));
        assertThat(seen.get()).isNotNull().extracting(LlmSession::id).isEqualTo("s-1");
    }

    /** The storage of the Context is the program's. */
    @ParameterizedTest
    @EnumSource
    void storageThatFails_leavesTheRequestServed(FailingStorage.Fault fault) throws Exception {
        AtomicInteger served = new AtomicInteger();
        MockHttpServletRequest request = new MockHttpServletRequest("POST", "/");
        request.addHeader("X-Session-Id", "s-1");
        FailingStorage.fail(fault);
        try {
            new SessionFilter("X-Session-Id", null)
                    .doFilter(request, new MockHttpServletResponse(), (in, out) -> served.incrementAndGet());
        } finally {
            FailingStorage.fail(null);
        }
        assertThat(served.get()).isEqualTo(1);
        assertThat(LlmSession.fromContext(Context.current())).isNull();
    }

    @Test
    void whatTheProgramThrows_goesOnUnchanged() {
        ServletException thrown = new ServletException("of the program's");
        MockHttpServletRequest request = new MockHttpServletRequest("POST", "/");
        request.addHeader("X-Session-Id", "s-1");
        assertThatThrownBy(() -> new SessionFilter("X-Session-Id", null)
                        .doFilter(request, new MockHttpServletResponse(), (in, out) -> {
                            throw thrown;
                        }))
                .isSameAs(thrown);
        assertThat(LlmSession.fromContext(Context.current())).isNull();
    }

    /** After the filter that starts the span, and for what goes on after an async start. */
    @Test
    void filter_standsBehindTheSpansOwn_alsoWhereARequestGoesOn() {
        SessionFilter filter = new SessionFilter("X-Session-Id", null);
        assertThat(filter.getOrder()).isEqualTo(Ordered.HIGHEST_PRECEDENCE + 2);
        assertThat(filter.shouldNotFilterAsyncDispatch()).isFalse();
    }
}
