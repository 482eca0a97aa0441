package dev.llmpropagation.scenarios.samples;

import static com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT;
import static com.tngtech.archunit.core.domain.JavaModifier.BRIDGE;
import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.core.domain.JavaModifier.PROTECTED;
import static com.tngtech.archunit.core.domain.JavaModifier.PUBLIC;
import static com.tngtech.archunit.core.domain.JavaModifier.STATIC;
import static com.tngtech.archunit.core.domain.JavaModifier.SYNTHETIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.domain.JavaTypeVariable;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What users can call is listed in {@code api/}, a file for each module that is published, so that a change shows in the
 * difference. docs/methods.md has the methods with their words. {@code -Dtest.args=-Dapi.write=true} writes all of it anew.
 */
class PublicApiTest {

    private static final Path ROOT = Path.of("../..");
    private static final Set<JavaModifier> SHOWN = EnumSet.of(PUBLIC, PROTECTED, STATIC, ABSTRACT, FINAL);

    /** Public to other modules of ours, but not to users. */
    private static final Predicate<JavaClass> OURS =
            type -> List.of(type.getPackageName().split("\\.")).contains("internal");

    @ParameterizedTest
    @MethodSource("published")
    void publicApi_isThatOfItsFile(String module) throws IOException {
        Path file = ROOT.resolve("api").resolve(Path.of(module).getFileName() + ".txt");
        String listing = listing(ROOT.resolve(module).resolve("target/classes"));
        if (Boolean.getBoolean("api.write")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, listing);
        }
        assertThat(listing).isEqualTo(Files.readString(file));
    }

    @Test
    void methodsOfAgentsAndDaemons_areThoseOfThePage() throws IOException {
        Path file = ROOT.resolve("docs/methods.md");
        String page = MethodsPage.of(ROOT.resolve("propagation-core/src/main/java/dev/llmpropagation"));
        if (Boolean.getBoolean("api.write")) {
            Files.writeString(file, page);
        }
        assertThat(page).isEqualTo(Files.readString(file));
    }

    @ParameterizedTest
    @MethodSource("published")
    void publicApi_namesNoTypeThatIsInternal(String module) throws IOException {
        Path file = ROOT.resolve("api").resolve(Path.of(module).getFileName() + ".txt");
        assertThat(Files.readAllLines(file)).noneMatch(line -> line.contains(".internal."));
    }

    /** What the documents show, and what a program is made of. */
    @Test
    void samples_useNothingInternal() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.llmpropagation.internal..")
                .check(new ClassFileImporter()
                        .importPaths(
                                Path.of("target/test-classes/dev/llmpropagation/scenarios/samples"),
                                ROOT.resolve("verification/examples/daemon/target/classes"),
                                ROOT.resolve("spring-boot-starter/target/classes"),
                                ROOT.resolve("verification/testkit/target/classes")));
    }

    @Test
    void everyFile_isOfAPublishedModule() throws IOException {
        try (Stream<Path> files = Files.list(ROOT.resolve("api"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(published().stream()
                            .map(module -> Path.of(module).getFileName() + ".txt")
                            .toList());
        }
    }

    /** Modules with main code whose POM does not say that they stay here. */
    static List<String> published() throws IOException {
        List<String> modules = new ArrayList<>();
        var names = java.util.regex.Pattern.compile("<module>([^<]+)</module>")
                .matcher(Files.readString(ROOT.resolve("pom.xml")));
        while (names.find()) {
            Path module = ROOT.resolve(names.group(1));
            // A command and the example that it runs: docs/doctor.md has their words, and their classes are for nobody.
            if (Files.isDirectory(module.resolve("src/main/java"))
                    && !names.group(1).equals("verification/doctor")
                    && !names.group(1).equals("verification/examples/daemon")
                    && !Files.readString(module.resolve("pom.xml"))
                            .contains("<maven.deploy.skip>true</maven.deploy.skip>")) {
                modules.add(names.group(1));
            }
        }
        return modules;
    }

    private static String listing(Path classes) {
        return new ClassFileImporter()
                .importPath(classes).stream()
                        .filter(type -> isVisible(type) && !OURS.test(type))
                        .sorted((a, b) -> a.getName().compareTo(b.getName()))
                        .map(PublicApiTest::type)
                        .collect(Collectors.joining("\n"));
    }

    /** From outside: a member of a class that nobody can see is not. */
    private static boolean isVisible(JavaClass type) {
        return isShown(type.getModifiers())
                && !type.isAnonymousClass()
                && type.getEnclosingClass().map(PublicApiTest::isVisible).orElse(true);
    }

    private static boolean isShown(Set<JavaModifier> modifiers) {
        return (modifiers.contains(PUBLIC) || modifiers.contains(PROTECTED))
                && !modifiers.contains(SYNTHETIC)
                && !modifiers.contains(BRIDGE);
    }

    private static String type(JavaClass type) {
        Set<String> members = new TreeSet<>();
        for (JavaMember member : type.getMembers()) {
            if (isShown(member.getModifiers())) {
                members.add("    " + member(member) + "\n");
            }
        }
        List<String> supertypes = new ArrayList<>();
        type.getSuperclass()
                .map(JavaType::getName)
                .filter(name -> !name.startsWith("java.lang."))
                .ifPresent(supertypes::add);
        type.getInterfaces().stream().map(JavaType::getName).sorted().forEach(supertypes::add);
        String kind = type.isAnnotation()
                ? "@interface "
                : type.isInterface() ? "interface " : type.isEnum() ? "enum " : type.isRecord() ? "record " : "class ";
        return modifiers(type.getModifiers())
                + kind
                + type.getName()
                + variables(type.getTypeParameters())
                + (supertypes.isEmpty() ? "" : " : " + String.join(", ", supertypes))
                + "\n"
                + String.join("", members);
    }

    private static String member(JavaMember member) {
        String modifiers = modifiers(member.getModifiers());
        if (member instanceof JavaField field) {
            return modifiers + field.getType().getName() + " " + field.getName();
        }
        JavaCodeUnit unit = (JavaCodeUnit) member;
        String thrown =
                unit.getExceptionTypes().stream().map(JavaClass::getName).collect(Collectors.joining(", "));
        return modifiers
                + variables(unit.getTypeParameters())
                + (unit.isConstructor() ? "new" : unit.getReturnType().getName() + " " + unit.getName())
                + unit.getParameterTypes().stream().map(JavaType::getName).collect(Collectors.joining(", ", "(", ")"))
                + (thrown.isEmpty() ? "" : " throws " + thrown);
    }

    private static String variables(Collection<? extends JavaTypeVariable<?>> variables) {
        return variables.isEmpty()
                ? ""
                : variables.stream()
                        .map(variable -> variable.getName()
                                + variable.getUpperBounds().stream()
                                        .map(JavaType::getName)
                                        .filter(bound -> !bound.equals("java.lang.Object"))
                                        .collect(Collectors.joining(" & "))
                                        .transform(bounds -> bounds.isEmpty() ? "" : " extends " + bounds))
                        .collect(Collectors.joining(", ", "<", "> "));
    }

    private static String modifiers(Set<JavaModifier> modifiers) {
        return SHOWN.stream()
                .filter(modifiers::contains)
                .map(modifier -> modifier.name().toLowerCase(java.util.Locale.ROOT) + " ")
                .collect(Collectors.joining());
    }
}
