package io.github.steelyard.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  @TempDir Path folder;

  @Test
  void givenTextWithMarkup_whenTheReportIsWritten_thenItIsShownAsText() throws Exception {
    Path file = folder.resolve("report.html");

    Samples.report().write(file);

    assertThat(Files.readString(file))
        .contains("Four optimizers &lt;script&gt;alert(1)&lt;/script&gt;")
        .contains("name: adamp # &lt;/script&gt;")
        .doesNotContain("alert(1)</script>");
  }
}
