package io.github.steelyard.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
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

  @Test
  void givenAColumnOfSentences_whenTheReportIsWritten_thenItIsSetAsText() throws Exception {
    Path file = folder.resolve("report.html");
    Samples.report().write(file);

    assertThat(Files.readString(file))
        .contains("<th scope=\"col\">Layer</th><th scope=\"col\" class=\"words\">Remark</th>")
        .contains("<th scope=\"row\">conv1</th><td class=\"words\">short</td>");
  }

  @ParameterizedTest
  @ValueSource(ints = {1280, 390})
  void givenABrowser_whenTheReportIsShown_thenEveryPlotIsDrawnAndTheConsoleIsSilent(int width)
      throws Exception {
    Path file = folder.resolve("report.html");
    Samples.report().write(file);

    String page = shown(file, width);

    assertThat(page).contains("data-plots=\"8\"");
    assertThat(page.split("<svg", -1)).hasSize(1 + 8);
    assertThat(page.split("<path", -1).length).isGreaterThan(50);
  }

  @Test
  void givenADarkScreen_whenTheReportIsPrinted_thenItIsLightAndAsWideAsPaperAndThenAsBefore()
      throws Exception {
    Path file = folder.resolve("report.html");
    Samples.graphReport().write(file);
    append(
        file,
        """
        <script>
        var root = document.documentElement;
        var look = function (when) {
          var widths = Array.from(document.querySelectorAll("figure svg, figure canvas"))
              .map(function (drawn) { return drawn.getBoundingClientRect().width; });
          root.setAttribute("data-" + when, getComputedStyle(document.body).backgroundColor
              + (Math.max.apply(null, widths) <= 680 ? " narrow" : " wide"));
        };
        look("before");
        dispatchEvent(new Event("beforeprint"));
        look("printed");
        dispatchEvent(new Event("afterprint"));
        look("after");
        </script>
        """);

    String page = shown(file, 1280, "--blink-settings=preferredColorScheme=0");

    assertThat(page)
        .contains("data-before=\"rgb(20, 23, 27) wide\"")
        .contains("data-printed=\"rgb(255, 255, 255) narrow\"")
        .contains("data-after=\"rgb(20, 23, 27) wide\"");
  }

  /** Five layers of a hundred nodes; a script plays the person and leaves what it saw. */
  @ParameterizedTest
  @ValueSource(ints = {1280, 390})
  void givenAGraphOf500Nodes_whenItIsUsed_thenNodesAreExplainedAndTheSliderHidesEdges(int width)
      throws Exception {
    Path file = folder.resolve("report.html");
    Samples.graphReport().write(file);
    append(
        file,
        """
        <script>
        var root = document.documentElement;
        root.setAttribute("data-seen-first", root.getAttribute("data-graph-edges"));
        var slider = document.getElementById("graph-threshold");
        slider.value = "0";
        slider.dispatchEvent(new Event("input"));
        root.setAttribute("data-seen-all", root.getAttribute("data-graph-edges"));
        slider.value = "1000";
        slider.dispatchEvent(new Event("input"));
        root.setAttribute("data-seen-last", root.getAttribute("data-graph-edges"));
        var node = document.querySelector("[data-node='123']");
        node.dispatchEvent(new MouseEvent("mousemove", {bubbles: true}));
        root.setAttribute("data-seen-tip", document.getElementById("graph-tip").textContent);
        root.setAttribute("data-seen-colours", String(new Set(Array.from(
            document.querySelectorAll("[data-node]")).map(c => c.getAttribute("fill"))).size));
        </script>
        """);

    String page = shown(file, width);

    assertThat(page)
        .contains("data-graph-nodes=\"500\"")
        .containsPattern("data-seen-first=\"1[45]\\d\\d\"")
        .contains("data-seen-all=\"40000\"")
        .contains("data-seen-last=\"1\"")
        .containsPattern("data-seen-tip=\"node 123 (<|&lt;)b(>|&gt;)eigenvalue 123")
        .contains("data-seen-colours=\"5\"");
    assertThat(page.split("<circle", -1)).hasSize(1 + 500);
  }

  @Test
  void givenAGraphOfTwoViews_whenTheOtherIsChosen_thenNodesWithoutEdgesAreFoldedUntilAskedFor()
      throws Exception {
    Path file = folder.resolve("report.html");
    Samples.graphReport().write(file);
    append(
        file,
        """
        <script>
        var root = document.documentElement;
        var unfold = document.getElementById("graph-unfold");
        root.setAttribute("data-seen-control", String(unfold.parentNode.hidden));
        var choice = document.getElementById("graph-view");
        choice.value = "1";
        choice.dispatchEvent(new Event("change"));
        root.setAttribute("data-seen-few", root.getAttribute("data-graph-nodes"));
        root.setAttribute("data-seen-offer", unfold.parentNode.textContent.trim());
        root.setAttribute("data-seen-alone", String(Array.from(
            document.querySelectorAll("#graph-nodes text")).map(text => text.textContent)));
        unfold.click();
        root.setAttribute("data-seen-unfolded", root.getAttribute("data-graph-nodes"));
        </script>
        """);

    assertThat(shown(file, 1280))
        .contains("data-seen-control=\"true\"", "data-seen-few=\"2\"")
        .contains("data-seen-offer=\"show 498 without lines\"")
        .contains("data-seen-alone=\"a,+ 99 alone,b,+ 99 alone,c,+ 100 alone,d,+ 100 alone,e")
        .contains("data-seen-unfolded=\"500\"");
  }

  /** Adds a script that plays the person, after those of the page. */
  private static void append(Path file, String person) throws IOException {
    String html = Files.readString(file);
    int end = html.lastIndexOf("</body>"); // the drawing library's code holds such a tag too
    Files.writeString(file, html.substring(0, end) + person + html.substring(end));
  }

  /** The page as the browser makes it; its console must stay silent. */
  private String shown(Path file, int width, String... options) throws Exception {
    Optional<Path> browser = browser();
    assumeTrue(browser.isPresent(), "no Chromium on the PATH; .ci/run installs it");
    Path dom = folder.resolve("dom");
    Path log = folder.resolve("log");

    List<String> command =
        new ArrayList<>(
            List.of(
                browser.get().toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--enable-logging=stderr",
                "--user-data-dir=" + folder.resolve("profile"),
                "--window-size=" + width + ",2000",
                "--virtual-time-budget=4000",
                "--dump-dom"));
    command.addAll(List.of(options));
    command.add(file.toUri().toString());
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(dom.toFile())
            .redirectError(log.toFile())
            .start();
    assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();

    assertThat(Files.readString(log)).doesNotContain("CONSOLE");
    return Files.readString(dom);
  }

  private static Optional<Path> browser() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(
            path ->
                Stream.of("chromium", "chromium-browser", "google-chrome")
                    .map(name -> Path.of(path, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @Test
  void givenNoHeatMap_whenTheReportIsWritten_thenItCarriesTheSmallerLibrary() {
    Report all = Samples.report();
    Report plots =
        new Report(
            all.title(),
            all.summary(),
            all.results(),
            all.plots().stream().filter(figure -> !(figure instanceof HeatMap)).toList(),
            Map.of(),
            "",
            all.provenance());

    assertThat(plots.toHtml().length()).isLessThan(all.toHtml().length() - 300_000);
  }

  @Test
  void givenCellsThatAreNoMatrix_whenAPictureIsMade_thenItIsRefused() {
    List<String> names = List.of("a", "b");
    List<List<Double>> ragged = List.of(List.of(1.0, 2.0), List.of(3.0));

    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new HeatMap("M", "", "x", "y", names, names, ragged, HeatMap.Unit.PERCENT))
        .withMessageContaining("2 rows of 2 values");
    BarChart.Bars one = new BarChart.Bars("norms", 0, false, List.of(1.0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BarChart("N", "", "x", "y", names, List.of(one)))
        .withMessageContaining("1 bars, but there are 2 names");
  }

  @Test
  void givenNumbers_whenTheyAreShown_thenTheyReadWell() {
    assertThat(Numbers.brief(0.93124)).isEqualTo("0.9312");
    assertThat(Numbers.brief(12_000)).isEqualTo("12,000");
    assertThat(Numbers.brief(0.0000321)).isEqualTo("3.21e-05");
    assertThat(Numbers.brief(Double.NaN)).isEqualTo("NaN");
    assertThat(Numbers.percent(0.5)).isEqualTo("50.00 %");
    assertThat(Numbers.duration(245)).isEqualTo("4 min 05 s");
    assertThat(Numbers.duration(8000)).isEqualTo("2 h 13 min");
  }
}
