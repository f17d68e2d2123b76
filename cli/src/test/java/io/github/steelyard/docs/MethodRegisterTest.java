package io.github.steelyard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.cli.run.RunKinds;
import io.github.steelyard.method.Method;
import io.github.steelyard.method.Methods;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Visits every method of this project, so that a new one cannot forget its recipe and its page. */
class MethodRegisterTest {
  private static final Path ROOT = Path.of("..");
  private static final String[] HEADINGS = {
    "**What.**", "**When.**", "**When not.**", "## Formula", "## Cost", "## Results", "```java"
  };

  static Stream<Method> methods() {
    return Methods.load().all().stream()
        .filter(method -> method.configuration().getName().startsWith("io.github.steelyard."));
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> pages = Files.list(ROOT.resolve("docs"))) {
      return pages.filter(page -> page.toString().endsWith(".md")).toList();
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void givenAMethodOfTheRegister_thenItSaysWhatItIsAndItsRecipeCanBeRead(Method method)
      throws IOException {
    assertThat(method.title()).isNotBlank();
    assertThat(method.summary()).endsWith(".");
    assertThat(method.paper()).matches(".*(19|20)\\d\\d.*");
    assertThat(method.arxiv()).matches("\\d{4}\\.\\d{4,5}");
    assertThat(method.configuration().getRecordComponents()).isNotEmpty();
    Path recipe = ROOT.resolve("recipes").resolve(method.recipe());
    assertThat(RunKinds.load().read(recipe, true, List.of()).description()).isNotBlank();
  }

  @ParameterizedTest
  @MethodSource("methods")
  void givenAMethodOfTheRegister_thenOnePageDescribesItWhole(Method method) throws IOException {
    String described = null;
    for (Path page : pages()) {
      String text = Files.readString(page);
      if (text.contains(method.recipe()) && text.contains("# ") && isMethodPage(text)) {
        described = described == null || text.contains(method.arxiv()) ? text : described;
      }
    }
    assertThat(described).as("a page that names recipes/" + method.recipe()).isNotNull();
    assertThat(described).contains(HEADINGS).contains("results.md");
  }

  private static boolean isMethodPage(String text) {
    return text.contains("**What.**");
  }
}
