package io.github.steelyard.robust;

import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Looks at a network's outputs before it is attacked, as the AutoAttack package does: are they
 * logits, and are they the same each time?
 *
 * @param probabilities whether all outputs are probabilities
 * @param random whether two passes of the same samples differ
 */
record OutputCheck(boolean probabilities, boolean random) {
  private static final int PASSES = 5;
  private static final double TOLERANCE = 1e-5;

  /** How far outputs of length 1 may be apart by rounding. */
  private static final double ROUNDING = 1e-4;

  /** Costs five forward passes. */
  static OutputCheck of(Target target) {
    return Scope.computeWithoutGradient(
        () -> {
          Tensor first = target.logits(target.none());
          Tensor unit = Norm.L2.steepest(first);
          boolean random = false;
          for (int i = 1; i < PASSES; i++) {
            Tensor again = target.logits(target.none());
            double apart = Norm.L2.of(Norm.L2.steepest(again).sub(unit)).max().item_double();
            Tensor other = target.broken(again).ne(target.broken(first));
            random |= apart > ROUNDING || other.any().item_bool();
          }
          return new OutputCheck(areProbabilities(first), random);
        });
  }

  private static boolean areProbabilities(Tensor outputs) {
    Tensor off = outputs.sum(1).sub(new Scalar(1.0)).abs().max();
    return outputs.min().item_double() > -TOLERANCE
        && torch.max(outputs).item_double() < 1 + TOLERANCE
        && off.item_double() < TOLERANCE;
  }

  /** What a person must know before believing a protocol's numbers. */
  List<String> warnings(Protocol protocol) {
    List<String> warnings = new ArrayList<>();
    if (probabilities) {
      warnings.add(
          "the outputs are probabilities, not logits: a softmax flattens the gradients that attacks"
              + " follow, so the network looks more robust than it is; attack it without its last"
              + " softmax");
    }
    List<String> single =
        protocol.attacks().stream()
            .filter(attack -> attack.usesGradients() && !attack.averages())
            .map(Attack::name)
            .toList();
    if (random && !single.isEmpty()) {
      warnings.add(
          "the network draws random numbers, but "
              + String.join(", ", single)
              + (single.size() == 1 ? " follows" : " follow")
              + " the gradient of a single draw: use the protocol rand, whose attacks average over"
              + " 20");
    }
    return warnings;
  }
}
