package io.github.steelyard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.models.Models;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compiles and runs every Java snippet of README.md and docs/: each is a complete class. A snippet
 * that begins with a path is that file of the test sources, or of the examples.
 */
@Tag("once")
class DocumentationSnippetsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern SNIPPET = Pattern.compile("(?s)```java\\n(.*?)```");
  private static final Pattern FILE = Pattern.compile("(?s)```java (\\S+)\\n(.*?)```");
  private static final Pattern CLASS = Pattern.compile("(?m)^public (?:final )?class (\\w+)");

  /** A snippet that reads this file finds it in its folder. */
  private static final String TRAINED = "vit_mini.safetensors";

  private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

  /** Shared, so that the jars of the class path are opened once. */
  private static StandardJavaFileManager files;

  @TempDir Path folder;

  @BeforeAll
  static void openFiles() {
    files = COMPILER.getStandardFileManager(null, null, null);
  }

  @AfterAll
  static void closeFiles() throws IOException {
    files.close();
  }

  /** A snippet, where it stands, and the name of its class. */
  record Snippet(String place, String className, String source) {
    @Override
    public String toString() {
      return place + ": " + className;
    }
  }

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md")));
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      docs.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    return pages;
  }

  static List<Snippet> snippets() throws IOException {
    List<Snippet> snippets = new ArrayList<>();
    for (Path page : pages()) {
      Matcher matcher = SNIPPET.matcher(Files.readString(page));
      while (matcher.find()) {
        String source = matcher.group(1);
        Matcher name = CLASS.matcher(source);
        assertThat(name.find())
            .as("no public class in a snippet of %s:%n%s", page, source)
            .isTrue();
        snippets.add(new Snippet(ROOT.relativize(page).toString(), name.group(1), source));
      }
    }
    return snippets;
  }

  @Test
  void givenASnippetThatIsAFile_thenTheSourcesHoldTheSame() throws IOException {
    int found = 0;
    for (Path page : pages()) {
      Matcher matcher = FILE.matcher(Files.readString(page));
      while (matcher.find()) {
        Path own = Path.of("src/test/java").resolve(matcher.group(1));
        Path example = ROOT.resolve("examples/src/main/java").resolve(matcher.group(1));
        assertThat(Files.exists(own) ? own : example).hasContent(matcher.group(2));
        found++;
      }
    }
    assertThat(found).isPositive();
  }

  @ParameterizedTest
  @MethodSource("snippets")
  void givenASnippet_whenItIsCompiledAndRun_thenItEndsWithoutError(Snippet snippet)
      throws Exception {
    Path source =
        Files.writeString(folder.resolve(snippet.className() + ".java"), snippet.source());
    StringWriter messages = new StringWriter();
    boolean compiled =
        COMPILER
            .getTask(
                messages,
                files,
                null,
                List.of(
                    "-cp", System.getProperty("java.class.path"),
                    "-d", folder.toString(),
                    "-proc:none", "-Xlint:all"),
                null,
                files.getJavaFileObjects(source))
            .call();
    assertThat(messages.toString()).as(snippet.toString()).isEmpty();
    assertThat(compiled).isTrue();

    Path run = folder.resolve("run");
    if (snippet.source().contains(TRAINED)) {
      Files.createDirectory(run);
      ModelFile.save(run.resolve(TRAINED), Models.create("vit_mini_patch7_28"));
    }
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
      loader
          .loadClass(snippet.className())
          .getMethod("main", String[].class)
          .invoke(null, (Object) new String[] {run.toString()});
    }
  }
}
