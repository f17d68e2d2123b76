package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Means and Gram matrices of all layers: one pass, and one before it for the means if centred. */
final class MomentsPass {
  /** What the pass for Gram matrices is called. */
  static final String GRAM = "Gram matrices";

  private final Segments segments;
  private final DataPass data;

  MomentsPass(Segments segments, DataPass data) {
    this.segments = segments;
    this.data = data;
  }

  List<Moments> moments(boolean centred) {
    List<NodeLayer> layers = segments.layers();
    List<Tensor> means = new ArrayList<>();
    List<Tensor> grams = new ArrayList<>();
    for (NodeLayer layer : layers) {
      means.add(Scope.keep(accumulator(layer.width())));
      grams.add(Scope.keep(accumulator(layer.width(), layer.width())));
    }
    long samples =
        centred
            ? pass("means", (layer, rows) -> means.get(layer).add_(rows.sum(0)), means)
            : pass(
                GRAM,
                (layer, rows) -> {
                  means.get(layer).add_(rows.sum(0));
                  Matrices.addGram(grams.get(layer), rows);
                },
                Stream.of(means, grams).flatMap(List::stream).toList());
    divide(means, samples);
    if (centred) {
      pass(
          GRAM,
          (layer, rows) -> {
            Tensor shifted = rows.sub(shift(layers.get(layer), means.get(layer)));
            Matrices.addGram(grams.get(layer), shifted);
          },
          grams);
    }
    Scope.withoutGradient(() -> grams.forEach(gram -> gram.copy_(Matrices.mirrored(gram))));
    divide(grams, samples);
    List<Moments> all = new ArrayList<>();
    for (int i = 0; i < layers.size(); i++) {
      all.add(new Moments(Scope.keep(means.get(i).cpu()), Scope.keep(grams.get(i).cpu()), samples));
    }
    return all;
  }

  /** The constant coordinate is not shifted. */
  private static Tensor shift(NodeLayer layer, Tensor mean) {
    Tensor shift = mean.clone();
    if (layer.constant()) {
      shift.narrow(0, layer.features(), 1).zero_();
    }
    return shift;
  }

  private Tensor accumulator(long... shape) {
    return torch.zeros(shape, segments.options(ScalarType.Double));
  }

  private void divide(List<Tensor> sums, long samples) {
    Scope.withoutGradient(
        () -> {
          for (int i = 0; i < sums.size(); i++) {
            double rows = (double) samples * segments.layers().get(i).positions();
            sums.get(i).div_(new Scalar(rows));
          }
        });
  }

  private interface Rows {
    void take(int layer, Tensor rows);
  }

  private long pass(String phase, Rows receiver, List<Tensor> sums) {
    long[] before = new long[1];
    return data.forEach(
        phase,
        (inputs, targets) ->
            Scope.withoutGradient(
                () -> {
                  List<Tensor> activations = segments.activations(inputs);
                  for (int i = 0; i < activations.size(); i++) {
                    NodeLayer layer = segments.layers().get(i);
                    requireFinite(layer, activations.get(i), before[0]);
                    receiver.take(
                        i, activations.get(i).to(ScalarType.Double).reshape(-1, layer.width()));
                  }
                  before[0] += inputs.size(0);
                }),
        sums.toArray(Tensor[]::new));
  }

  /** Each rank counts from its own first sample. */
  private static String whose() {
    Distributed ranks = Distributed.current();
    return ranks.size() == 1 ? "" : " of those of rank " + ranks.rank();
  }

  private static void requireFinite(NodeLayer layer, Tensor activation, long before) {
    Tensor bad = activation.isfinite().logical_not();
    if (bad.any().item_bool()) {
      long count = bad.sum().item_long();
      long row = bad.reshape(activation.size(0), -1).any(1).nonzero().select(0, 0).item_long();
      throw new IllegalArgumentException(
          "the activations of '%s' hold %d values that are not finite, the first at sample %d%s;"
                  .formatted(layer.name(), count, before + row, whose())
              + " look for a division by 0 or weights that diverged");
    }
  }
}
