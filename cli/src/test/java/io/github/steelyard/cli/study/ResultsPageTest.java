package io.github.steelyard.cli.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.cli.console.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsPageTest {
  private static final String BEFORE = "# Results\n\nBy hand.  \n\n## Norms\n\n";
  private static final String AFTER = "\n## Others\n<!-- reproduce other -->\nkept\n<!-- end -->";

  @TempDir Path folder;

  private Path page(String text) throws IOException {
    return Files.writeString(folder.resolve("results.md"), text);
  }

  @Test
  void givenAPart_whenItIsPut_thenOnlyWhatIsBetweenItsMarkersChanges() throws IOException {
    Path file = page(BEFORE + "<!-- reproduce norms -->\nold\n<!-- end -->\n" + AFTER);

    new ResultsPage(file).put("norms", "Not used", "| new |\n");

    assertThat(file)
        .hasContent(BEFORE + "<!-- reproduce norms -->\n| new |\n<!-- end -->\n" + AFTER);
    assertThat(folder).isDirectoryContaining("glob:**results.md");
    try (var files = Files.list(folder)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void givenAPartAtTheEndWithoutALineBreak_whenItIsPut_thenTheEndStaysAsItWas() throws IOException {
    Path file = page(AFTER);

    new ResultsPage(file).put("other", "Not used", "");

    assertThat(Files.readString(file))
        .isEqualTo("\n## Others\n<!-- reproduce other -->\n<!-- end -->");
  }

  @Test
  void givenAPageWithoutThePart_whenItIsPut_thenItIsAppendedUnderAHeading() throws IOException {
    Path file = page("# Results\n\nNo line break at the end");

    new ResultsPage(file).put("norms", "Norm growth", "| new |\n");

    assertThat(Files.readString(file))
        .isEqualTo(
            """
            # Results

            No line break at the end

            ## Norm growth

            <!-- reproduce norms -->
            | new |
            <!-- end -->
            """);
    new ResultsPage(file).put("norms", "Norm growth", "| newer |\n");
    assertThat(Files.readString(file)).containsOnlyOnce("Norm growth").contains("| newer |");
  }

  @Test
  void givenNoPage_whenAPartIsPut_thenThePageIsMade() throws IOException {
    Path file = folder.resolve("new.md");

    new ResultsPage(file).put("norms", "Norm growth", "| new |\n");

    assertThat(Files.readString(file)).startsWith("## Norm growth\n\n<!-- reproduce norms -->\n");
  }

  @Test
  void givenAPageOfWindows_whenAPartIsPut_thenItsLinesEndAlike() throws IOException {
    Path file = page("# Results\r\n<!-- reproduce norms -->\r\nold\r\n<!-- end -->\r\nkept\r\n");

    new ResultsPage(file).put("norms", "Not used", "a\nb\n");

    assertThat(Files.readString(file))
        .isEqualTo("# Results\r\n<!-- reproduce norms -->\r\na\r\nb\r\n<!-- end -->\r\nkept\r\n");
  }

  @Test
  void givenMarkersWithoutPairs_whenThePageIsChecked_thenTheLineIsNamedAndNothingIsWritten()
      throws IOException {
    List<List<String>> cases =
        List.of(
            List.of("<!-- reproduce norms -->\nold\n", "line 1 begins the part 'norms', but no"),
            List.of(
                "a\n<!-- reproduce norms -->\n<!-- reproduce other -->\n<!-- end -->\n",
                "line 3 begins another part before"),
            List.of(
                "<!-- reproduce norms -->\n<!-- end -->\n<!-- reproduce norms -->\n<!-- end -->\n",
                "line 3 holds '<!-- reproduce norms -->' a second time"));
    for (List<String> one : cases) {
      ResultsPage page = new ResultsPage(page(one.get(0)));

      assertThatThrownBy(() -> page.check("norms"))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining(one.get(1));
      assertThatThrownBy(() -> page.put("norms", "Norms", "x\n")).hasMessageContaining(one.get(1));
      assertThat(Files.readString(page.file())).isEqualTo(one.get(0));
    }
  }

  @Test
  void givenBytesThatAreNoText_whenThePageIsChecked_thenTheErrorNamesTheFile() throws IOException {
    Path file = Files.write(folder.resolve("results.md"), new byte[] {(byte) 0xff, (byte) 0xfe});

    assertThatThrownBy(() -> new ResultsPage(file).check("norms"))
        .hasMessageContaining("results.md")
        .hasMessageContaining("not a text in UTF-8");
  }
}
