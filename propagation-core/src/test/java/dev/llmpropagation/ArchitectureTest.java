package dev.llmpropagation;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.lang.invoke.MethodHandles;
import java.util.stream.Collectors;

@AnalyzeClasses(
        packages = "dev.llmpropagation",
        importOptions = {DoNotIncludeTests.class, ArchitectureTest.DoNotIncludeWhatTestsUse.class})
class ArchitectureTest {

    /** The kit and the fixtures are on the class path of the tests. */
    static final class DoNotIncludeWhatTestsUse implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/dev/llmpropagation/testkit/")
                    && !location.contains("/dev/llmpropagation/fixtures/");
        }
    }

    private static final String ROOT = "dev.llmpropagation";
    private static final String OURS = ROOT + "..";

    @ArchTest
    static final ArchRule destination_dependsOnTheParserOfUrls = dependsOnlyOn("destination", "internal.url");

    @ArchTest
    static final ArchRule internalUrl_dependsOnNothingOfOurs = dependsOnlyOn("internal.url");

    @ArchTest
    static final ArchRule session_dependsOnNothingOfOurs = dependsOnlyOn("session");

    @ArchTest
    static final ArchRule network_dependsOnDestinations = dependsOnlyOn("network", "destination", "internal.url");

    @ArchTest
    static final ArchRule carrier_dependsOnSessionAndSpan = dependsOnlyOn("carrier", "session", "internal.span");

    @ArchTest
    static final ArchRule internalModel_dependsOnWhatSpansShare = dependsOnlyOn("internal.model", "internal.span");

    @ArchTest
    static final ArchRule internalHttp_dependsOnWhatItPutsTogether = dependsOnlyOn(
            "internal.http",
            "internal.url",
            "destination",
            "session",
            "network",
            "internal.model",
            "internal.content",
            "internal.sdk",
            "internal.span");

    @ArchTest
    static final ArchRule internalContent_dependsOnWhatItReads =
            dependsOnlyOn("internal.content", "internal.model", "internal.span");

    @ArchTest
    static final ArchRule agent_dependsOnWhatItCarries = dependsOnlyOn("agent", "session", "internal.span");

    @ArchTest
    static final ArchRule mcp_dependsOnWhatItCarries =
            dependsOnlyOn("mcp", "session", "internal.span", "carrier", "agent");

    /** A program that speaks no MCP has neither of them. */
    @ArchTest
    static final ArchRule theMcpSdk_isNeededByMcpAlone = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".mcp..")
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "io.modelcontextprotocol..", "reactor..", "org.reactivestreams..", ROOT + ".mcp.."));

    @ArchTest
    static final ArchRule internalSpan_dependsOnNothingOfOurs = dependsOnlyOn("internal.span");

    @ArchTest
    static final ArchRule daemon_dependsOnWhatItCarries =
            dependsOnlyOn("daemon", "session", "internal.span", "carrier");

    @ArchTest
    static final ArchRule sdk_dependsOnSessionAndTexts = dependsOnlyOn("sdk", "session", "internal.span");

    @ArchTest
    static final ArchRule internalSdk_dependsOnWhatSpansShare = dependsOnlyOn("internal.sdk", "internal.span");

    @ArchTest
    static final ArchRule theOpenTelemetrySdk_isNeededBySdkAlone = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + ".sdk..", ROOT + ".internal.sdk..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.opentelemetry.sdk..");

    @ArchTest
    static final ArchRule root_isUsedByItselfAlone = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT)
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule core_knowsNoSdk =
            noClasses().should().dependOnClassesThat(resideInAnyPackage("com.openai..", "com.google.."));

    @ArchTest
    static final ArchRule core_needsNoJsonLibrary_butToReadContent = noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".internal.content")
            .should()
            .dependOnClassesThat(resideInAnyPackage("com.fasterxml..", "com.google.gson.."));

    @ArchTest
    static final ArchRule core_writesNothingToStandardStreams =
            GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

    @ArchTest
    static final ArchRule core_logsThroughDiagnosticsAlone = noClasses()
            .that()
            .haveNameNotMatching(".*Diagnostics(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.util.logging..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule diagnostics_haveOneShapeEverywhere = methods()
            .that()
            .haveName("diagnostics")
            .and()
            .areDeclaredInClassesThat()
            .haveSimpleNameEndingWith("Builder")
            .should(new ArchCondition<>("take a Consumer of lines") {
                @Override
                public void check(JavaMethod method, ConditionEvents events) {
                    String shape = method.getParameterTypes().stream()
                            .map(JavaType::getName)
                            .collect(Collectors.joining(", "));
                    boolean right = shape.equals("java.util.function.Consumer<java.lang.String>");
                    events.add(new SimpleConditionEvent(method, right, method.getFullName() + " takes " + shape));
                }
            });

    /** The first is the package itself. */
    private static ArchRule dependsOnlyOn(String... names) {
        String[] allowed = new String[names.length];
        for (int i = 0; i < names.length; i++) {
            allowed[i] = ROOT + "." + names[i] + "..";
        }
        return noClasses()
                .that()
                .resideInAPackage(allowed[0])
                .should()
                .dependOnClassesThat(resideInAPackage(OURS).and(resideOutsideOfPackages(allowed)))
                .allowEmptyShould(true);
    }

    /** What the first finds stands in reachability-metadata.json; the second needs nothing to be found. */
    @ArchTest
    static final ArchRule reflection_isUsedByTwoClassesAlone = noClasses()
            .that()
            .doNotHaveSimpleName("EventListenerPair")
            .and()
            .doNotHaveSimpleName("SdkMethods")
            .should()
            .callMethodWhere(target(owner(resideInAPackage("java.lang.reflect..")))
                    .or(target(owner(type(MethodHandles.Lookup.class))))
                    .or(target(owner(type(Class.class)))
                            .and(target(nameMatching("forName|get(Declared)?(Field|Method|Constructor)s?")))));
}
