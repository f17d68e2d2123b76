package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.interaction.AblationCurve;
import io.github.steelyard.interaction.AblationPoint;
import io.github.steelyard.interaction.BasisComparison;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How good a network is with the first vectors of several bases, for people and other programs.
 *
 * @param comparison what was measured
 */
record ShownBases(BasisComparison comparison) {
  /** One row a layer, one column a basis. */
  Table table() {
    List<String> columns = new ArrayList<>(List.of("Layer", "Width"));
    comparison.bases().forEach(kind -> columns.add(BasisNames.of(kind)));
    List<List<String>> rows = new ArrayList<>();
    for (BasisComparison.Layer layer : comparison.layers()) {
      List<String> row =
          new ArrayList<>(List.of(layer.layer().name(), Integer.toString(layer.layer().width())));
      layer.bases().values().forEach(kept -> row.add(Integer.toString(kept.needed().required())));
      rows.add(row);
    }
    return new Table(columns, rows);
  }

  /** Says what the table counts. */
  String sentence() {
    return String.format(
        Locale.ROOT,
        "basis vectors needed to keep the loss within %s of %s",
        Numbers.brief(comparison.tolerance().allowed()),
        Numbers.brief(comparison.base().loss()));
  }

  /** One plot a layer, one curve a basis. */
  List<Plot> plots() {
    List<Plot> plots = new ArrayList<>();
    for (BasisComparison.Layer layer : comparison.layers()) {
      List<Series> series = new ArrayList<>();
      layer
          .bases()
          .forEach(
              (kind, kept) ->
                  series.add(
                      new Series(BasisNames.of(kind), series.size(), false, points(kept.curve()))));
      plots.add(
          new Plot(
              "Ablation of " + layer.layer().name(),
              "Accuracy with only the first basis vectors of this layer; the rest is projected"
                  + " out.",
              "basis vectors kept",
              "accuracy in %",
              Plot.Kind.LINE,
              false,
              series));
    }
    return plots;
  }

  private static List<Series.Point> points(AblationCurve curve) {
    List<Series.Point> rising = new ArrayList<>();
    for (int i = curve.points().size() - 1; i >= 0; i--) {
      AblationPoint point = curve.points().get(i);
      rising.add(new Series.Point(point.kept(), 100 * point.score().accuracy()));
    }
    return rising;
  }

  Map<String, Object> toJson() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("loss_increase", comparison.tolerance().allowed());
    values.put("base", comparison.base());
    values.put(
        "layers",
        comparison.layers().stream()
            .map(
                layer -> {
                  Map<String, Object> bases = new LinkedHashMap<>();
                  layer
                      .bases()
                      .forEach((kind, kept) -> bases.put(BasisNames.of(kind), toJson(kept)));
                  Map<String, Object> own = new LinkedHashMap<>();
                  own.put("name", layer.layer().name());
                  own.put("width", layer.layer().width());
                  own.put("bases", bases);
                  return own;
                })
            .toList());
    return values;
  }

  private static Map<String, Object> toJson(BasisComparison.Kept kept) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("needed", kept.needed().required());
    values.put(
        "curve",
        kept.curve().points().stream()
            .map(
                point ->
                    Map.of(
                        "kept", point.kept(),
                        "accuracy", point.score().accuracy(),
                        "loss", point.score().loss()))
            .toList());
    return values;
  }
}
