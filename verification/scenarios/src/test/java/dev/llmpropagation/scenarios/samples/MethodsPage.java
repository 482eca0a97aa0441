package dev.llmpropagation.scenarios.samples;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.DocTree;
import com.sun.source.doctree.LinkTree;
import com.sun.source.doctree.LiteralTree;
import com.sun.source.doctree.TextTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** docs/methods.md: what a program calls for agents, daemons, MCP and sessions, with the first sentence of its Javadoc. */
final class MethodsPage {

    private static final List<String> PACKAGES = List.of("agent", "daemon", "carrier", "mcp", "session", "sdk");

    private static final String HEAD = """
            # Methods

            Generated from the sources by `PublicApiTest`, as the files in `api/` are (see
            [CONTRIBUTING.md](../CONTRIBUTING.md#build-and-test)). Each with the first sentence of its Javadoc, which has units,
            defaults and the rest. What may be null has a `?`. Methods of a class that another one extends stand once, at
            that class. [agents.md](agents.md), [daemon.md](daemon.md), [carriers.md](carriers.md) and [mcp.md](mcp.md) show how
            they belong together.
            """;

    private final StringBuilder page;
    private final DocTrees docs;

    private MethodsPage(StringBuilder page, DocTrees docs) {
        this.page = page;
        this.docs = docs;
    }

    /** @param main the sources of the core */
    static String of(Path main) throws IOException {
        StringBuilder all = new StringBuilder(HEAD);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            for (String name : PACKAGES) {
                all.append("\n## `dev.llmpropagation.").append(name).append("`\n");
                JavacTask task = (JavacTask) compiler.getTask(
                        null, files, null, null, null, files.getJavaFileObjectsFromPaths(sources(main.resolve(name))));
                for (CompilationUnitTree unit : task.parse()) {
                    MethodsPage classes = new MethodsPage(all, DocTrees.instance(task));
                    for (Tree type : unit.getTypeDecls()) {
                        classes.add((ClassTree) type, "", new TreePath(new TreePath(unit), type));
                    }
                }
            }
        }
        return all.toString();
    }

    private static List<Path> sources(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> !file.endsWith("package-info.java")
                            && file.toString().endsWith(".java"))
                    .sorted()
                    .toList();
        }
    }

    private void add(ClassTree type, String prefix, TreePath path) {
        if (!isPublic(type.getModifiers())) {
            return;
        }
        String name = prefix + type.getSimpleName();
        String methods = type.getMembers().stream()
                .filter(member -> member instanceof MethodTree method && isShown(method, type))
                .map(member -> row((MethodTree) member, new TreePath(path, member)))
                .collect(Collectors.joining());
        String constants = type.getMembers().stream()
                .filter(member -> type.getKind() == Tree.Kind.ENUM
                        && member instanceof VariableTree constant
                        && isPublic(constant.getModifiers()))
                .map(member -> "`" + ((VariableTree) member).getName() + "`")
                .collect(Collectors.joining(", "));
        Tree parent = type.getExtendsClause();
        page.append("\n### ")
                .append(name)
                .append("\n\n")
                .append(sentence(path))
                .append(parent == null ? "" : " Extends `" + plain(parent.toString()) + "`.")
                .append('\n');
        if (!constants.isEmpty()) {
            page.append('\n').append(constants).append('\n');
        }
        if (!methods.isEmpty()) {
            page.append("\n| method | |\n|---|---|\n").append(methods);
        }
        for (Tree member : type.getMembers()) {
            if (member instanceof ClassTree inner && isPublic(inner.getModifiers())) {
                add(inner, name + '.', new TreePath(path, member));
            }
        }
    }

    private static boolean isShown(MethodTree method, ClassTree type) {
        boolean visible = type.getKind() == Tree.Kind.INTERFACE || isPublic(method.getModifiers());
        return visible
                && !List.of("toString", "equals", "hashCode")
                        .contains(method.getName().toString())
                && (method.getReturnType() != null || isPublic(method.getModifiers()));
    }

    private String row(MethodTree method, TreePath path) {
        String parameters = method.getParameters().stream()
                .map(parameter -> plain(parameter.getType().toString())
                        + (nullable(parameter.getModifiers()) ? "?" : "")
                        + ' '
                        + parameter.getName())
                .collect(Collectors.joining(", "));
        String returned = method.getReturnType() == null
                ? "new "
                : plain(method.getReturnType().toString()) + (nullable(method.getModifiers()) ? "?" : "") + ' ';
        String name = method.getReturnType() == null
                ? path.getParentPath().getLeaf() instanceof ClassTree type
                        ? type.getSimpleName().toString()
                        : ""
                : method.getName().toString();
        boolean isStatic = method.getModifiers().getFlags().contains(Modifier.STATIC);
        return "| `" + (isStatic ? "static " : "") + returned + name + '(' + parameters.replace("|", "\\|") + ")` | "
                + sentence(path) + " |\n";
    }

    private String sentence(TreePath path) {
        DocCommentTree comment = docs.getDocCommentTree(path);
        return comment == null
                ? ""
                : comment.getFirstSentence().stream()
                        .map(MethodsPage::text)
                        .collect(Collectors.joining())
                        .replaceAll("\\s+", " ")
                        .replace("|", "\\|")
                        .strip();
    }

    private static String text(DocTree tree) {
        if (tree instanceof LiteralTree literal) {
            return "`" + literal.getBody().getBody() + "`";
        }
        if (tree instanceof LinkTree link) {
            return "`"
                    + link.getReference().getSignature().replaceFirst("^#", "").replace('#', '.') + "`";
        }
        return tree instanceof TextTree plain ? plain.getBody() : tree.toString(); // which escapes what is not ASCII
    }

    private static boolean isPublic(ModifiersTree modifiers) {
        return modifiers.getFlags().contains(Modifier.PUBLIC);
    }

    private static boolean nullable(ModifiersTree modifiers) {
        return modifiers.getAnnotations().stream()
                .anyMatch(
                        annotation -> annotation.getAnnotationType().toString().equals("Nullable"));
    }

    /** Without annotations of types. */
    private static String plain(String type) {
        return type.replaceAll("@\\w+(\\(\\))? ", "");
    }
}
