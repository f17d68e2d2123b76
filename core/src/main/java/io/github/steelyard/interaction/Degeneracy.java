package io.github.steelyard.interaction;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Counts what a network's parameters do not do on some data (Bushnaq et al., 2024, arXiv
 * 2405.10927): inputs of a linear layer that are linearly dependent, gradients passed back to it
 * that are, and ReLUs that fire together. Takes any module whose layers are {@link Linear} and
 * {@link ReLU}; parameters of other layers count as effective.
 *
 * <p>The network runs in double precision; a rank is that of a Gram matrix scaled to a diagonal of
 * ones. A rank is at most the number of data points times positions: take several times more than
 * the widest layer has inputs, and look at {@link DegeneracyReport#limitedByData()}. Cost: for each
 * batch one forward pass and one backward pass per output; memory O(width^2) per layer.
 */
public final class Degeneracy {
  /** The default share of the largest eigenvalue that counts as 0. */
  public static final double DEFAULT_TOLERANCE = 1e-11;

  private final double tolerance;

  /**
   * A count.
   *
   * @param tolerance eigenvalues at or below this share of the largest count as 0; from 0 to below
   *     1
   * @throws IllegalArgumentException if it is out of range
   */
  public Degeneracy(double tolerance) {
    if (!(tolerance >= 0 && tolerance < 1)) {
      throw new IllegalArgumentException(
          "tolerance must be from 0 to below 1, but is " + tolerance);
    }
    this.tolerance = tolerance;
  }

  /** What was gathered of a linear layer. */
  private static final class Gathered {
    private final Sums inputs = new Sums();
    private final Sums gradients = new Sums();
    private long rows;
  }

  private record Seen(String path, Tensor output) {}

  /**
   * Counts.
   *
   * @param model the network, with an output [n, outputs]; it is as it was afterwards, but for its
   *     gradients
   * @param data its epoch 0 is read
   * @return the report
   * @throws IllegalArgumentException if the data has no batch, does not fit the network or leads to
   *     outputs that are not finite
   */
  public DegeneracyReport measure(Module model, BatchSource data) {
    return measure(model, data, AnalysisListener.SILENT);
  }

  /**
   * Counts, and tells somebody how far it is.
   *
   * @param model the network, with an output [n, outputs]; it is as it was afterwards, but for its
   *     gradients
   * @param data its epoch 0 is read
   * @param listener hears of each batch
   * @return the report
   * @throws IllegalArgumentException if the data has no batch, does not fit the network or leads to
   *     outputs that are not finite
   */
  public DegeneracyReport measure(Module model, BatchSource data, AnalysisListener listener) {
    long parameters =
        model.namedParameters().values().stream().mapToLong(p -> p.tensor().numel()).sum();
    Map<String, Gathered> linear = new LinkedHashMap<>();
    Map<String, FiringCounts> firing = new LinkedHashMap<>();
    List<Seen> seen = new ArrayList<>();
    ModelPreparation preparation =
        new ModelPreparation(
            model,
            ScalarType.Double,
            (path, module) ->
                module instanceof Linear || module instanceof ReLU
                    ? Optional.of(
                        new Watched(
                            path,
                            module,
                            (where, layer, input, output) ->
                                watch(where, layer, input, output, linear, firing, seen)))
                    : Optional.empty());
    try {
      DataPass pass = new DataPass(data, listener);
      pass.forEachInAllRanks(
          "degeneracy",
          (inputs, targets) -> {
            seen.clear();
            Tensor converted =
                inputs.to(
                    preparation.device().torch(),
                    inputs.is_floating_point() ? ScalarType.Double : inputs.scalar_type());
            // So that a network whose weights are frozen passes gradients back too.
            converted = converted.detach();
            converted.set_requires_grad(converted.is_floating_point());
            backward(preparation.model().forward(converted), seen, linear, pass::within);
          });
      return report(model, parameters, linear, firing);
    } finally {
      preparation.undo();
    }
  }

  private static void watch(
      String path,
      Module layer,
      Tensor input,
      Tensor output,
      Map<String, Gathered> linear,
      Map<String, FiringCounts> firing,
      List<Seen> seen) {
    if (layer instanceof ReLU) {
      Scope.withoutGradient(() -> firing.computeIfAbsent(path, FiringCounts::new).add(output));
      return;
    }
    boolean biased = ((Linear) layer).bias().isPresent();
    Scope.withoutGradient(
        () -> {
          Tensor rows = input.detach().reshape(-1, input.size(-1));
          Tensor all =
              biased
                  ? torch.cat(new TensorVector(rows, torch.ones_like(rows.narrow(1, 0, 1))), 1)
                  : rows;
          Gathered gathered = linear.computeIfAbsent(path, p -> new Gathered());
          gathered.inputs.add(all.t().matmul(all));
          gathered.rows += all.size(0);
        });
    seen.add(new Seen(path, output));
  }

  private static void backward(
      Tensor output, List<Seen> seen, Map<String, Gathered> linear, DoubleConsumer progress) {
    if (output.dim() != 2) {
      throw new IllegalArgumentException(
          "the degeneracy report needs an output [n, outputs], but the network gives "
              + Arrays.toString(output.shape()));
    }
    if (!output.isfinite().all().item_bool()) {
      throw new IllegalArgumentException(
          "the network's outputs hold values that are not finite; look for weights that diverged");
    }
    TensorVector ends = new TensorVector();
    seen.forEach(one -> ends.push_back(one.output()));
    if (seen.isEmpty()) {
      return;
    }
    long outputs = output.size(1);
    for (long k = 0; k < outputs; k++) {
      long one = k;
      Scope.run(
          () -> {
            Tensor vector = torch.zeros_like(output.detach());
            vector.select(1, one).fill_(new Scalar(1.0));
            TensorVector gradients =
                torch.grad(
                    new TensorVector(output),
                    ends,
                    new TensorVector(vector),
                    new BoolOptional(one < outputs - 1),
                    false,
                    true);
            for (int i = 0; i < seen.size(); i++) {
              Tensor gradient = gradients.get(i);
              Tensor rows =
                  gradient.defined()
                      ? gradient.reshape(-1, gradient.size(-1))
                      : torch
                          .zeros_like(seen.get(i).output().detach())
                          .reshape(-1, seen.get(i).output().size(-1));
              linear.get(seen.get(i).path()).gradients.add(rows.t().matmul(rows));
            }
          });
      progress.accept((k + 1.0) / outputs);
    }
  }

  private DegeneracyReport report(
      Module model,
      long parameters,
      Map<String, Gathered> linear,
      Map<String, FiringCounts> firing) {
    List<LayerDegeneracy> layers = new ArrayList<>();
    linear.forEach(
        (path, gathered) -> {
          Tensor inputs = gathered.inputs.value();
          Tensor gradients = gathered.gradients.value();
          long width = inputs.size(0);
          long outputs = gradients.size(0);
          layers.add(
              new LayerDegeneracy(
                  path.isEmpty() ? model.toString() : path,
                  Math.toIntExact(width),
                  GramRank.of(inputs, tolerance),
                  Math.toIntExact(outputs),
                  GramRank.of(gradients, tolerance),
                  width * outputs,
                  gathered.rows));
        });
    List<FiringDegeneracy> units =
        firing.values().stream().map(counts -> counts.degeneracy(tolerance)).toList();
    long free =
        layers.stream().mapToLong(l -> l.parameters() - l.effectiveParameters()).sum()
            + units.stream().mapToLong(FiringDegeneracy::freeDirections).sum();
    return new DegeneracyReport(layers, units, parameters, Math.max(0, parameters - free));
  }
}
