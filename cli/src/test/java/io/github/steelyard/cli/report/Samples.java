package io.github.steelyard.cli.report;

import io.github.steelyard.runtime.EngineInfo;
import io.github.steelyard.runtime.Provenance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/** A report with every kind of plot, and with text that a careless page would run. */
final class Samples {
  private static final List<String> OPTIMIZERS = List.of("AdamW", "AdamP", "SGD", "SGDP");

  private Samples() {}

  static Report report() {
    return new Report(
        "Four optimizers <script>alert(1)</script>",
        "The residual network on Fashion-MNIST & friends.",
        new Table(
            List.of("Optimizer", "Test accuracy", "Weight norm", "Effective step", "Time"),
            OPTIMIZERS.stream()
                .map(name -> List.of(name, "89.10 %", "1.41 x", "1.2e-3", "22.1 s"))
                .toList()),
        List.of(
            plot("Training loss", "loss", Plot.Kind.LINE, false, x -> 2 * Math.exp(-x / 2) + 0.2),
            plot("Test accuracy", "accuracy in %", Plot.Kind.LINE, false, x -> 90 - 20 / (x + 1)),
            plot("Effective step", "step / norm", Plot.Kind.LINE, true, x -> 1e-2 / (1 + x)),
            plot("Weights", "count", Plot.Kind.HISTOGRAM, false, x -> 900 * Math.exp(-x * x / 8)),
            many(),
            norms(),
            matrix(),
            intervals(),
            new Plot("Nothing", "", "x", "y", Plot.Kind.LINE, false, List.of())),
        Map.of(
            "Layers",
            new Table(
                List.of("Layer", "Remark"),
                List.of(
                    List.of("conv1", "short"),
                    List.of("conv2", "a remark that is longer than any number or name")))),
        "optimizer:\n  name: adamp # </script>\n",
        provenance());
  }

  /** Five layers of a hundred nodes in four groups, all neighbours joined, or only two of them. */
  static Report graphReport() {
    List<Graph.Node> nodes = new ArrayList<>();
    List<Graph.Edge> edges = new ArrayList<>();
    for (int n = 0; n < 500; n++) {
      nodes.add(
          new Graph.Node(
              n / 100, "node " + n + " <b>", n % 10 == 0 ? -1 : n % 4, List.of("eigenvalue " + n)));
      for (int k = 0; n < 400 && k < 100; k++) {
        edges.add(new Graph.Edge(n, (n / 100 + 1) * 100 + k, 1.0 / (1 + edges.size())));
      }
    }
    return report()
        .withGraph(
            new Graph(
                "Interactions",
                "All of them.",
                "",
                List.of("a", "b", "c", "d", "e"),
                List.of(
                    new Graph.View("all", nodes, edges),
                    new Graph.View("few", nodes, edges.subList(0, 1)))));
  }

  static Provenance provenance() {
    return new Provenance(
        "0.1.0",
        new EngineInfo(
            "2.10.0-1.5.13",
            "1.5.13",
            "linux-x86_64",
            "open",
            "3.7.1",
            2,
            "passive",
            "AVX512",
            false,
            "17"),
        0,
        Map.of("train", "b".repeat(64)),
        Map.of(),
        List.of("steelyard", "demo"),
        "2026-11-24T00:00:00Z");
  }

  private static Plot plot(
      String title, String y, Plot.Kind kind, boolean logarithmic, DoubleUnaryOperator curve) {
    List<Series> series = new ArrayList<>();
    for (int i = 0; i < OPTIMIZERS.size(); i++) {
      List<Series.Point> points = new ArrayList<>();
      for (int x = 0; x <= 8; x++) {
        points.add(new Series.Point(x, curve.applyAsDouble(x) * (1 + 0.1 * i)));
      }
      series.add(new Series(OPTIMIZERS.get(i), i / 2, i % 2 == 0, points));
    }
    return new Plot(title, "How to read it.", "epoch", y, kind, logarithmic, series);
  }

  private static BarChart norms() {
    return new BarChart(
        "Row norms",
        "",
        "class",
        "norm",
        List.of("old", "<b>new</b>"),
        List.of(
            new BarChart.Bars("before", 1, true, List.of(Double.NaN, 1.5)),
            new BarChart.Bars("after", 1, false, List.of(1.0, 1.1))));
  }

  private static HeatMap matrix() {
    return new HeatMap(
        "Confusion",
        "",
        "answer",
        "true class",
        List.of("cat", "<b>dog</b>"),
        List.of("cat", "<b>dog</b>"),
        List.of(List.of(7.0, 3.0), List.of(0.0, Double.NaN)),
        HeatMap.Unit.COUNT);
  }

  private static IntervalChart intervals() {
    return new IntervalChart(
        "Accuracy",
        "How to read it.",
        "accuracy in %",
        List.of(
            new IntervalChart.Row("mlp-1000-none", 0, 80.1, 80.9, 81.7),
            new IntervalChart.Row("mlp-1000-<b>fixed</b>", 1, 81, 81.4, 81.8)));
  }

  private static Plot many() {
    List<Series> series = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      List<Series.Point> points = new ArrayList<>();
      for (int x = 0; x <= 200; x++) {
        points.add(new Series.Point(x, 1 + 0.01 * i * Math.sqrt(x)));
      }
      series.add(
          new Series("layer" + i / 8 + "." + i % 8 + ".conv1.weight", i, i % 12 > 5, points));
    }
    return new Plot("Norms by layer", "", "step", "norm", Plot.Kind.LINE, false, series);
  }
}
