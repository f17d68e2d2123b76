package io.github.steelyard.reference;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.interaction.Ablation;
import io.github.steelyard.interaction.AblationPoint;
import io.github.steelyard.interaction.AblationSchedule;
import io.github.steelyard.interaction.AblationTolerance;
import io.github.steelyard.interaction.InteractionResult;
import io.github.steelyard.interaction.LayerBasis;
import io.github.steelyard.interaction.Segments;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Accuracies of an ablated network, its own answers being right. JSON: by layer the accuracy by
 * what is kept, for {@code node_rib_linear} and {@code node_orthogonal_linear} curves and for the
 * bisections {@code node_orthogonal_bisect_0.05} and {@code edge_bisect_0.05}.
 */
final class InteractionAblations {
  private static final AblationTolerance TOLERANCE =
      new AblationTolerance(AblationTolerance.Measure.ACCURACY, 0.05);

  private final JsonNode expected;
  private final InteractionResult result;
  private final Ablation ablation;
  private final Deviation deviation;

  InteractionAblations(
      JsonNode expected,
      Segments segments,
      InteractionResult result,
      Tensor inputs,
      int batchSize,
      Deviation deviation) {
    this.expected = expected;
    this.result = result;
    this.deviation = deviation;
    Tensor answers =
        Scope.computeWithoutGradient(
            () ->
                segments
                    .finish(0, segments.activations(inputs).get(0))
                    .argmax(new LongOptional(1), false));
    this.ablation = new Ablation(segments, TensorBatches.ordered(inputs, answers, batchSize));
  }

  void replay() {
    for (int l = 0; l < result.edges().size(); l++) {
      LayerBasis basis = result.layers().get(l);
      curve("node_rib_linear_accuracy_by_n_remaining", l, basis);
      curve("node_orthogonal_linear_accuracy_by_n_remaining", l, basis.principal());
      compare(
          "node_orthogonal_bisect_0.05",
          expected.path("node_orthogonal_bisect_0.05"),
          l,
          ablation.vectors(l, basis.principal(), TOLERANCE).tried());
      compare(
          "edge_bisect_0.05",
          expected.path("edge_bisect_0.05").path("accuracy_by_n_edges_kept"),
          l,
          ablation.edges(l, result, TOLERANCE).tried());
    }
  }

  private void curve(String name, int layer, LayerBasis basis) {
    compare(
        name,
        expected.path(name),
        layer,
        ablation.vectors(layer, basis, AblationSchedule.all()).points());
  }

  private void compare(String name, JsonNode layers, int layer, List<AblationPoint> points) {
    JsonNode accuracies = layers.path("layers." + layer);
    if (accuracies.size() != points.size()) {
      throw new IllegalArgumentException(
          "%s of layers.%d has %d points in the file, but %d were measured"
              .formatted(name, layer, accuracies.size(), points.size()));
    }
    double[] theirs = new double[points.size()];
    double[] ours = new double[points.size()];
    for (int i = 0; i < ours.length; i++) {
      ours[i] = points.get(i).score().accuracy();
      theirs[i] = accuracies.path(Integer.toString(points.get(i).kept())).asDouble(Double.NaN);
    }
    deviation.compare(
        name + " of layers." + layer,
        Tensor.create(ours, (long) ours.length),
        Tensor.create(theirs, (long) theirs.length));
  }
}
