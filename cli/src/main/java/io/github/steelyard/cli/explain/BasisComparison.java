package io.github.steelyard.cli.explain;

import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.interaction.Ablation;
import io.github.steelyard.interaction.AblationBisection;
import io.github.steelyard.interaction.AblationCurve;
import io.github.steelyard.interaction.AblationPoint;
import io.github.steelyard.interaction.AblationSchedule;
import io.github.steelyard.interaction.AblationScore;
import io.github.steelyard.interaction.AblationTolerance;
import io.github.steelyard.interaction.AnalysisListener;
import io.github.steelyard.interaction.LayerBasis;
import io.github.steelyard.interaction.NodeLayer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleFunction;
import java.util.function.Function;

/**
 * How good a network is when a layer keeps only the first vectors of a basis, for several bases.
 *
 * @param tolerance how much worse it may become with the vectors that are needed
 * @param base how good it is as it is
 * @param layers layer by layer
 */
public record BasisComparison(AblationTolerance tolerance, AblationScore base, List<Layer> layers) {
  /** Points of a curve over the whole width; those near none stand closer. */
  private static final AblationSchedule SCHEDULE = AblationSchedule.exponential(1.5, 0);

  /**
   * One layer.
   *
   * @param layer where
   * @param bases by name
   */
  record Layer(NodeLayer layer, Map<String, Kept> bases) {}

  /** What was measured in one basis. */
  record Kept(AblationCurve curve, AblationBisection needed) {}

  /** What a try to do without some vectors costs, in runs of the network: with and without. */
  private static final double TRIAL = 2;

  /** What measuring a layer in a basis costs, in runs of the network on all data. */
  static double cost(int width) {
    int trials = Integer.SIZE - Integer.numberOfLeadingZeros(width);
    return SCHEDULE.kept(width).length + TRIAL * (1 + trials);
  }

  /**
   * Measures layer by layer.
   *
   * @param bases by layer, the bases by their names; the last layer is left out
   * @param listeners makes what hears of each batch of a pass, from its cost in runs of the network
   */
  static BasisComparison measure(
      Function<AnalysisListener, Ablation> ablations,
      List<Map<String, LayerBasis>> bases,
      AblationTolerance tolerance,
      DoubleFunction<AnalysisListener> listeners) {
    List<Layer> layers = new ArrayList<>();
    for (int l = 0; l < bases.size(); l++) {
      int layer = l;
      Map<String, Kept> kept = new LinkedHashMap<>();
      bases
          .get(l)
          .forEach(
              (name, basis) -> {
                int points = SCHEDULE.kept(basis.layer().width()).length;
                AblationCurve curve =
                    ablations.apply(listeners.apply(points)).vectors(layer, basis, SCHEDULE);
                kept.put(
                    name,
                    new Kept(
                        curve,
                        ablations.apply(listeners.apply(TRIAL)).vectors(layer, basis, tolerance)));
              });
      layers.add(new Layer(bases.get(l).values().iterator().next().layer(), kept));
    }
    AblationScore base = layers.get(0).bases().values().iterator().next().curve().base();
    return new BasisComparison(tolerance, base, layers);
  }

  /** The bases' names. */
  Set<String> bases() {
    return layers.get(0).bases().keySet();
  }

  /** The vectors needed in a basis, all layers together. */
  int needed(String basis) {
    return layers.stream().mapToInt(layer -> layer.bases().get(basis).needed().required()).sum();
  }

  /** One row a layer, one column a basis. */
  public Table table() {
    List<String> columns = new ArrayList<>(List.of("Layer", "Width"));
    columns.addAll(bases());
    List<List<String>> rows = new ArrayList<>();
    for (Layer layer : layers) {
      List<String> row =
          new ArrayList<>(List.of(layer.layer().name(), Integer.toString(layer.layer().width())));
      layer.bases().values().forEach(kept -> row.add(Integer.toString(kept.needed().required())));
      rows.add(row);
    }
    return new Table(columns, rows);
  }

  /** Says what the table counts. */
  public String sentence() {
    return String.format(
        Locale.ROOT,
        "basis vectors needed to keep the loss within %s of %s",
        Numbers.brief(tolerance.allowed()),
        Numbers.brief(base.loss()));
  }

  /** One plot a layer, one curve a basis. */
  public List<Plot> plots() {
    List<Plot> plots = new ArrayList<>();
    for (Layer layer : layers) {
      List<Series> series = new ArrayList<>();
      layer
          .bases()
          .forEach(
              (name, kept) ->
                  series.add(new Series(name, series.size(), false, points(kept.curve()))));
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
    values.put("loss_increase", tolerance.allowed());
    values.put("base", base);
    values.put(
        "layers",
        layers.stream()
            .map(
                layer -> {
                  Map<String, Object> bases = new LinkedHashMap<>();
                  layer.bases().forEach((name, kept) -> bases.put(name, toJson(kept)));
                  Map<String, Object> own = new LinkedHashMap<>();
                  own.put("name", layer.layer().name());
                  own.put("width", layer.layer().width());
                  own.put("bases", bases);
                  return own;
                })
            .toList());
    return values;
  }

  private static Map<String, Object> toJson(Kept kept) {
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
