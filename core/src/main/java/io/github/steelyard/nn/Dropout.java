package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * In training mode, sets each element to zero with a probability and divides the others by {@code 1
 * - probability}; in evaluation mode passes the input on (Srivastava et al., JMLR 2014). Draws from
 * libtorch's seeded generator, so that a run resumes bit-exactly. Any shape.
 */
public final class Dropout extends Module implements Exportable {
  private final double probability;

  /**
   * Creates the layer.
   *
   * @param probability of an element to be dropped, in [0, 1)
   * @throws IllegalArgumentException if the probability is out of range
   */
  public Dropout(double probability) {
    this.probability = Checks.probability(probability, "Dropout", "probability");
  }

  @Override
  public Tensor forward(Tensor input) {
    return isTraining() && probability > 0 ? torch.dropout(input, probability, true) : input;
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return input;
  }

  /**
   * Probability of an element to be dropped.
   *
   * @return in [0, 1)
   */
  public double probability() {
    return probability;
  }

  @Override
  public String toString() {
    return "Dropout(" + probability + ")";
  }
}
