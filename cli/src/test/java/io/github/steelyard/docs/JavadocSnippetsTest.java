package io.github.steelyard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.util.JavacTask;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compiles every code block in the Javadoc of core and cli: statements or a class, with everything
 * imported and the usual names declared. One with a line of dots is an outline, of which only the
 * syntax is checked. Formulas stand in a {@code <pre>} alone.
 */
class JavadocSnippetsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern SNIPPET = Pattern.compile("(?s)<pre>\\{@code\\n(.*?)\\}</pre>");
  private static final Pattern DOTS = Pattern.compile("(?m)^\\s*\\.\\.\\.$|\\{\\.\\.\\.\\}");
  private static final Pattern TYPE = Pattern.compile("^(public )?(final )?class ");
  private static final List<String> OTHERS =
      List.of(
          "io.github.steelyard.nn.Module",
          "java.nio.file.Path",
          "java.util.List",
          "java.util.Map",
          "org.bytedeco.pytorch.Scalar",
          "org.bytedeco.pytorch.Tensor",
          "org.bytedeco.pytorch.global.torch");

  /** What snippets use without saying what it is. */
  private static final String NAMES =
      """
        Module model;
        Optimizer optimizer;
        Dataset dataset, training;
        Preprocessing preprocessing;
        BatchSource batches, loader, test;
        StreamData stream;
        Batch batch;
        ThreatModel threat;
        TrainingConfiguration configuration;
        List<String> layers;
        Tensor images, sample, x, y;
        Path file;
        void train(Batch batch) {}
      """;

  @TempDir Path folder;

  private static List<Path> sources(String module) throws IOException {
    try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }

  @Test
  void givenTheSnippetsOfTheJavadoc_whenTheyAreCompiled_thenTheyAreJava() throws IOException {
    List<Path> all = new ArrayList<>(sources("core"));
    all.addAll(sources("cli"));
    Set<String> packages = new TreeSet<>();
    List<Path> whole = new ArrayList<>();
    List<Path> outlines = new ArrayList<>();
    for (Path file : sources("core")) {
      Path relative = ROOT.resolve("core/src/main/java").relativize(file.getParent());
      packages.add(relative.toString().replace(file.getFileSystem().getSeparator(), "."));
    }
    for (Path file : all) {
      for (MatchResult found : SNIPPET.matcher(Files.readString(file)).results().toList()) {
        String text = found.group(1).replaceAll("(?m)^\\s*\\* ?", "");
        String name = file.getFileName().toString().replace(".java", "") + found.start();
        Path made =
            Files.writeString(folder.resolve(name + ".java"), wrapped(name, text, packages));
        (DOTS.matcher(text).find() ? outlines : whole).add(made);
      }
    }
    assertThat(whole).hasSizeGreaterThan(15);
    assertThat(messages(whole, true)).isEmpty();
    assertThat(messages(outlines, false)).isEmpty();
  }

  private static String wrapped(String name, String text, Set<String> packages) {
    String imports =
        Stream.concat(packages.stream().map(found -> found + ".*"), OTHERS.stream())
            .map(imported -> "import " + imported + ";\n")
            .collect(Collectors.joining());
    String code = DOTS.matcher(text).replaceAll(found -> found.group().contains("{") ? "{}" : "");
    String body =
        TYPE.matcher(code).find() ? code : "  void snippet() throws Exception {\n" + code + "  }\n";
    return imports + "class " + name + " {\n" + NAMES + body + "}\n";
  }

  private String messages(List<Path> files, boolean compile) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of(
              "-cp", System.getProperty("java.class.path"), "-d", folder.toString(), "-proc:none");
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  messages,
                  manager,
                  null,
                  options,
                  null,
                  manager.getJavaFileObjectsFromPaths(files));
      if (compile) {
        task.analyze();
      } else {
        task.parse();
      }
    }
    return messages.toString();
  }
}
