package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.Arrays;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Stochastic depth (Huang et al., ECCV 2016), put at the end of a residual branch: in training
 * mode, sets whole samples to zero with a probability and divides the others by {@code 1 -
 * probability}; in evaluation mode passes the input on. Draws from libtorch's seeded generator.
 * Input and output [n, ...].
 */
public final class DropPath extends Module implements Exportable {
  private final double probability;

  /**
   * Creates the layer.
   *
   * @param probability of a sample to be dropped, in [0, 1)
   * @throws IllegalArgumentException if the probability is out of range
   */
  public DropPath(double probability) {
    this.probability = Checks.probability(probability, "DropPath", "probability");
  }

  @Override
  public Tensor forward(Tensor input) {
    if (!isTraining() || probability == 0) {
      return input;
    }
    if (input.dim() == 0) {
      throw new ShapeException(this, "[n, ...]", input);
    }
    long[] shape = new long[Math.toIntExact(input.dim())];
    Arrays.fill(shape, 1);
    shape[0] = input.size(0);
    Tensor kept = input.new_empty(shape).bernoulli_(1 - probability, new GeneratorOptional());
    return input.mul(kept.div_(new Scalar(1 - probability)));
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return input;
  }

  /**
   * Probability of a sample to be dropped.
   *
   * @return in [0, 1)
   */
  public double probability() {
    return probability;
  }

  @Override
  public String toString() {
    return "DropPath(" + probability + ")";
  }
}
