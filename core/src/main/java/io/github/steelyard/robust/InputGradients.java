package io.github.steelyard.robust;

import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Passes of a classifier and their gradients with respect to what is seen. What a pass made is
 * freed.
 *
 * @param model a classifier
 * @param deviation what differences of seen values are divided by, in a shape that spreads over
 *     inputs
 */
record InputGradients(Module model, Tensor deviation) {

  /** What is done with one gradient of several. */
  interface Visitor {
    /** The losses [n] of a number and their gradient, of the inputs' shape. */
    void visit(int number, Tensor losses, Tensor gradient);
  }

  /** Logits [n, classes]. */
  Tensor logits(Tensor inputs) {
    return checked(model.forward(ChannelsLast.of(inputs)), inputs.size(0));
  }

  /** The gradient of each sample's loss, the losses and the logits. */
  List<Tensor> gradient(Tensor inputs, UnaryOperator<Tensor> loss) {
    return recording(
        at -> {
          Tensor logits = logits(at);
          Tensor losses = loss.apply(logits);
          Tensor gradient = gradient(losses, at, false);
          return List.of(gradient.div(deviation), losses.detach(), logits.detach());
        },
        inputs);
  }

  /** The gradients of several losses after one forward pass. */
  void gradients(
      Tensor inputs, int count, BiFunction<Tensor, Integer, Tensor> loss, Visitor visitor) {
    recording(
        at -> {
          Tensor logits = logits(at);
          for (int i = 0; i < count; i++) {
            int number = i;
            Scope.run(
                () -> {
                  Tensor losses = loss.apply(logits, number);
                  Tensor gradient = gradient(losses, at, number + 1 < count);
                  visitor.visit(number, losses.detach(), gradient.div(deviation));
                });
          }
          return List.of();
        },
        inputs);
  }

  private static List<Tensor> recording(Function<Tensor, List<Tensor>> work, Tensor inputs) {
    boolean before = GradMode.is_enabled();
    GradMode.set_enabled(true);
    try {
      return Scope.compute(
          () -> {
            Tensor at = ChannelsLast.of(inputs.detach());
            at.set_requires_grad(true);
            return work.apply(at);
          });
    } finally {
      GradMode.set_enabled(before);
    }
  }

  private Tensor gradient(Tensor losses, Tensor at, boolean again) {
    Tensor gradient = null;
    if (losses.requires_grad()) {
      gradient =
          torch
              .grad(
                  new TensorVector(losses.sum()),
                  new TensorVector(at),
                  new TensorVector(),
                  new BoolOptional(again),
                  false,
                  true)
              .get(0);
    }
    if (gradient == null || !gradient.defined()) {
      throw new IllegalArgumentException(
          model
              + " gives no gradient with respect to its input (was it converted to integers?), so"
              + " attacks that follow gradients cannot measure it; use the Square attack only, or"
              + " attack the model before it was converted");
    }
    return gradient.detach();
  }

  private Tensor checked(Tensor logits, long samples) {
    if (logits.dim() != 2 || logits.size(0) != samples) {
      throw new IllegalArgumentException(
          "an attack needs a classifier with logits [n, classes], but "
              + model
              + " gives "
              + Arrays.toString(logits.shape())
              + " for "
              + samples
              + " samples");
    }
    return switch (logits.scalar_type().intern()) {
      case BFloat16, Half -> logits.to(ScalarType.Float);
      default -> logits;
    };
  }
}
