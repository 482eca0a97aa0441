package dev.llmpropagation.scenarios.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.llmpropagation.doctor.trace.TraceLog;
import dev.llmpropagation.doctor.trace.TracePage;
import dev.llmpropagation.scenarios.network.BrowserPage;
import dev.llmpropagation.scenarios.network.Chromium;
import dev.llmpropagation.testkit.trace.SpanDetails;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The page as a person meets it. Screenshots of it are in {@code target/trace-page}. */
class TracePageTest {

    @RegisterExtension
    static final Chromium chromium = new Chromium();

    private static final Path PICTURES = Path.of("target/trace-page");
    private static final String FOCUSED = "document.activeElement.querySelector('.nm').textContent";
    private static final String ATTACK =
            "</script><img src=x onerror=\"document.title='taken'\"><!--<script>'\u2028`${1}";

    private static final String LONG_NAME =
            "qwen-code.tool.mcp__enterprise_knowledge_base__search_documents_with_filters execution";

    /** Names of which a reader does not see all. */
    private static final String CUT_OFF = "[...document.querySelectorAll('.s .nm, .s .su, .s .st')]"
            + ".filter(part => part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).overflow !== 'visible'"
            + " || part.getBoundingClientRect().right > part.closest('.s').getBoundingClientRect().right + 1).length";

    @TempDir
    Path folder;

    private BrowserPage browser;

    @BeforeEach
    void open() throws Exception {
        Files.createDirectories(PICTURES);
        browser = chromium.open();
        browser.size(1440, 900, false);
    }

    @AfterEach
    void close() {
        browser.close();
    }

    @Test
    void tree_isThereInLightAndDarkOnAPhoneAndInPrint() throws Exception {
        Path file = show(turns(3));

        assertThat(browser.requests()).containsExactly(file.toUri().toString());
        assertThat(browser.complaints()).isEmpty();
        assertThat(number("document.querySelectorAll('[role=treegrid] [role=row][aria-level]').length"))
                .isEqualTo(3 * 13);
        assertThat(text("document.querySelector('.sum').textContent")).contains("3 traces", "36 spans", "12 attempts");
        assertThat(text("document.getElementById('r2').innerText.replace(/\\s+/g, ' ')"))
                .contains("POST", "#1", "gw.example.com", "429", "failed", "90.0 ms");
        assertThat(number("document.querySelectorAll('#r2 .fb, #r1 .fc').length"))
                .isEqualTo(2);
        for (String scheme : List.of("light", "dark")) {
            browser.colors(scheme);
            browser.screenshot(PICTURES.resolve(scheme + ".png"));
        }
        browser.print(PICTURES.resolve("print.pdf"));
        browser.colors("light");
        browser.size(390, 844, true);
        assertThat(number("document.documentElement.scrollWidth")).isEqualTo(390);
        browser.screenshot(PICTURES.resolve("phone.png"));
        for (Path picture :
                List.of(PICTURES.resolve("light.png"), PICTURES.resolve("dark.png"), PICTURES.resolve("phone.png"))) {
            assertThat(picture).isNotEmptyFile();
        }
        assertThat(PICTURES.resolve("print.pdf")).isNotEmptyFile();
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void keyboard_worksFromTheStart() throws Exception {
        show(turns(2));
        assertThat(text("document.activeElement.tagName")).isEqualTo("BODY");

        press("ArrowDown", "ArrowDown");
        assertThat(text(FOCUSED)).isEqualTo("qwen-code.llm_request");

        show(turns(2));
        press("e");
        assertThat(bool("document.activeElement.classList.contains('e')")).isTrue();

        browser.ask("document.getElementById('all').focus()");
        press("ArrowDown");
        assertThat(text("document.activeElement.id")).isEqualTo("all");
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void rows_nameTheirServiceWhereATraceHasSeveral() throws Exception {
        List<TraceSpan> turn = turns(1);
        show(turn);
        assertThat(number("document.querySelectorAll('.sv').length")).isZero();

        List<TraceSpan> both = new ArrayList<>(turn);
        TraceSpan last = both.remove(both.size() - 1);
        both.add(new TraceSpan(
                last.traceId(),
                last.spanId(),
                last.parentSpanId(),
                last.name(),
                last.kind(),
                last.startNanos(),
                last.endNanos(),
                last.error(),
                last.attributes(),
                new SpanDetails("<gateway>", "", "", List.of(), List.of())));
        show(both);
        assertThat(number("document.querySelectorAll('.s').length")).isEqualTo(both.size());
        assertThat(text("[...document.querySelectorAll('.s .sv')].map(part => part.textContent).join()"))
                .isEqualTo("agent,".repeat(both.size() - 1) + "<gateway>");
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void keyboard_reachesEverything() throws Exception {
        show(turns(2));
        browser.ask("document.querySelector('[role=row][tabindex=\"0\"]').focus()");

        press("ArrowDown", "ArrowDown");
        assertThat(text(FOCUSED)).isEqualTo("qwen-code.llm_request");
        press("ArrowLeft");
        assertThat(bool("document.getElementById('r2').checkVisibility()")).isFalse();
        press("ArrowDown");
        assertThat(text(FOCUSED)).isEqualTo("qwen-code.tool");
        press("ArrowUp", "ArrowRight", "ArrowRight", "Enter");
        assertThat(text(FOCUSED)).isEqualTo("POST");
        assertThat(text("document.getElementById('details').innerText"))
                .contains("http.response.status_code", "429", "it did not work", "session-a", "90.0 ms");
        browser.screenshot(PICTURES.resolve("details.png"));
        press("z");
        assertThat(number("document.querySelectorAll('.zoomed').length")).isEqualTo(1);
        press("Escape", "Escape", "End");
        assertThat(number("document.querySelectorAll('.zoomed').length")).isZero();
        assertThat(text(FOCUSED)).isEqualTo("POST");
        press("Home");
        assertThat(text(FOCUSED)).startsWith("Trace ");

        press("/");
        browser.type("researcher");
        assertThat(text("document.getElementById('found').textContent")).isEqualTo("2 found");
        press("Enter");
        assertThat(text(FOCUSED)).isEqualTo("qwen-code.subagent");
        String first = text("document.activeElement.id");
        press("n");
        assertThat(text("document.activeElement.id")).isNotEqualTo(first);
        press("e");
        assertThat(bool("document.activeElement.classList.contains('e')")).isTrue();
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void session_isPicked() throws Exception {
        show(turns(3));

        browser.ask("{const pick = document.getElementById('session'); pick.value = 'session-b';"
                + " pick.dispatchEvent(new Event('change'))}");

        assertThat(number("[...document.querySelectorAll('.tr')].filter(row => row.checkVisibility()).length"))
                .isEqualTo(1);
    }

    @Test
    void fiveThousandSpans_areLaidOutAsTheyComeIntoView() throws Exception {
        Path file = show(Sample.many(5000));

        assertThat(Files.size(file)).isLessThan(12_000_000);
        assertThat(number("document.querySelectorAll('.s').length")).isGreaterThanOrEqualTo(5000);
        assertThat(number("[...document.querySelectorAll('.s')]"
                        + ".filter(row => row.checkVisibility({contentVisibilityAuto: true})).length"))
                .isBetween(10, 600);
        browser.screenshot(PICTURES.resolve("many.png"));
        browser.ask("document.querySelector('[role=row][tabindex=\"0\"]').focus()");
        press("End");
        assertThat(bool("{const box = document.activeElement.getBoundingClientRect();"
                        + " box.top > 0 && box.bottom <= innerHeight}"))
                .isTrue();
        browser.screenshot(PICTURES.resolve("many-end.png"));
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void phone_showsNamesInFullWhateverTheirLength() throws Exception {
        browser.size(390, 844, true);
        show(longNames());

        assertThat(number("document.documentElement.scrollWidth")).isEqualTo(390);
        assertThat(number(CUT_OFF)).isZero();
        browser.screenshot(PICTURES.resolve("phone-names.png"));
        browser.ask("document.getElementById('r2').click()");
        assertThat(text("document.querySelector('aside h2').textContent")).isEqualTo(LONG_NAME);
        assertThat(bool("document.getElementById('r2').getBoundingClientRect().bottom"
                        + " <= document.querySelector('aside').getBoundingClientRect().top"))
                .isTrue();
        browser.screenshot(PICTURES.resolve("phone-details.png"));
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void print_showsNamesInFullWhateverTheirLength() throws Exception {
        show(longNames());
        assertThat(number(CUT_OFF)).isPositive();

        browser.media("print");

        assertThat(number(CUT_OFF)).isZero();
        browser.screenshot(PICTURES.resolve("print.png"));
    }

    @Test
    void pointer_isShownTheFullNameWhereItIsCut() throws Exception {
        show(longNames());
        String title = "document.querySelector('#r2 .nm').title";
        assertThat(text(title)).isEmpty();

        browser.ask("document.querySelector('#r2 .nm').dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))");

        assertThat(text(title)).isEqualTo(LONG_NAME);
    }

    @Test
    void fiveThousandSpansOnAPhone_areReachedToTheLast() throws Exception {
        browser.size(390, 844, true);
        show(Sample.many(5000));

        assertThat(number("[...document.querySelectorAll('.s')]"
                        + ".filter(row => row.checkVisibility({contentVisibilityAuto: true})).length"))
                .isBetween(5, 600);
        browser.ask("document.querySelector('[role=row][tabindex=\"0\"]').focus()");
        press("End");
        assertThat(bool("{const box = document.activeElement.getBoundingClientRect();"
                        + " box.top > 0 && box.bottom <= innerHeight}"))
                .isTrue();
        browser.screenshot(PICTURES.resolve("phone-many-end.png"));
        press("Home");
        assertThat(text(FOCUSED)).startsWith("Trace ");
        assertThat(number("document.documentElement.scrollWidth")).isEqualTo(390);
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void textOfSpans_isNeverMarkup() throws Exception {
        TraceSpan span = new TraceSpan(
                "0a".repeat(16),
                "0b".repeat(8),
                ATTACK,
                ATTACK,
                ATTACK,
                1,
                2,
                true,
                Map.of(
                        ATTACK,
                        ATTACK,
                        "session.id",
                        ATTACK,
                        "llm_propagation.outcome",
                        ATTACK,
                        "server.address",
                        ATTACK),
                new SpanDetails(
                        ATTACK,
                        ATTACK,
                        ATTACK,
                        List.of(new SpanDetails.Event(ATTACK, 1, Map.of(ATTACK, List.of(ATTACK)))),
                        List.of(new SpanDetails.Link(ATTACK, ATTACK, Map.of(ATTACK, Map.of(ATTACK, ATTACK))))));
        TraceSpan other = new TraceSpan(
                "0c".repeat(16),
                "0d".repeat(8),
                "",
                "x",
                "CLIENT",
                1,
                2,
                false,
                Map.of("session.id", "s", "error.type", ATTACK));
        Path file = folder.resolve("attack.html");
        TraceLog log = new TraceLog(
                1, span.traceId(), span.spanId(), ATTACK, ATTACK, ATTACK, ATTACK, Map.of(ATTACK, List.of(ATTACK)));
        String page = TracePage.draw(ATTACK, List.of(span, other), List.of(log), "");
        Files.writeString(file, page);

        browser.show(file);
        browser.ask("document.getElementById('r0').click()");

        assertThat(page).doesNotContain("<img");
        assertThat(page.split("</script", -1)).hasSize(3);
        assertThat(number("document.querySelectorAll('img').length")).isZero();
        assertThat(number("document.scripts.length")).isEqualTo(2);
        assertThat(text("document.title")).isEqualTo(ATTACK + " – trace");
        assertThat(text("document.querySelector('#r0 .nm').textContent")).isEqualTo(ATTACK);
        assertThat(text("document.querySelector('aside h2').textContent")).isEqualTo(ATTACK);
        assertThat(text("document.querySelector('aside').textContent"))
                .contains("not in this file", "Log " + ATTACK + ' ' + ATTACK);
        assertThat(text("document.querySelector('#r0').textContent")).contains("1 log record");
        assertThat(browser.requests()).containsExactly(file.toUri().toString());
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void policy_forbidsWhatTheNetworkWouldBringAndForeignScripts() throws Exception {
        show(turns(1));

        String outcome = text("new Promise(done => {"
                + "document.addEventListener('securitypolicyviolation', event => done(event.effectiveDirective));"
                + "document.body.insertAdjacentHTML('beforeend', '<img src=\"http://127.0.0.1:9/x\">')})");
        assertThat(outcome).isEqualTo("img-src");
        browser.ask("{const script = document.createElement('script');"
                + " script.textContent = 'document.title = 1'; document.body.append(script)}");
        assertThat(text("document.title")).isEqualTo("spans.jsonl – trace");
    }

    private Path show(List<TraceSpan> spans) throws Exception {
        Path file = folder.resolve("page.html");
        Files.writeString(file, TracePage.draw("spans.jsonl", spans));
        browser.show(file);
        return file;
    }

    /** A turn, and below it spans with long names, ever deeper. */
    private static List<TraceSpan> longNames() {
        List<TraceSpan> spans = new ArrayList<>(Sample.turn(0));
        String parent = spans.get(1).spanId();
        for (int depth = 0; depth < 20; depth++) {
            String id = "c" + "%015x".formatted(depth);
            spans.add(new TraceSpan(
                    spans.get(0).traceId(),
                    id,
                    parent,
                    LONG_NAME,
                    "INTERNAL",
                    Sample.START + 6_000_000,
                    Sample.START + 7_000_000,
                    false,
                    Map.of("gen_ai.tool.name", "mcp__enterprise_knowledge_base__search")));
            parent = id;
        }
        return spans;
    }

    private static List<TraceSpan> turns(int count) {
        List<TraceSpan> spans = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            spans.addAll(Sample.turn(i));
        }
        return spans;
    }

    private void press(String... keys) throws Exception {
        for (String key : keys) {
            browser.press(key);
        }
    }

    private String text(String expression) throws Exception {
        JsonNode value = browser.ask(expression);
        assertThat(value.isTextual()).as(expression).isTrue();
        return value.textValue();
    }

    private int number(String expression) throws Exception {
        return browser.ask(expression).intValue();
    }

    private boolean bool(String expression) throws Exception {
        return browser.ask(expression).booleanValue();
    }
}
