package io.github.steelyard.nn;

import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Finds the scale-invariant weights of a model: those whose length does not matter, f(c w) = f(w),
 * because a normalization follows. SGD and Adam let their norms grow, and every step then does less
 * (Heo et al., "AdamP", ICLR 2021).
 *
 * <p>The definition is tried out, so that it holds for any architecture: the model runs in training
 * mode with each weight doubled in turn, and its output must stay within one percent; what is left
 * of a difference comes from the epsilon of the normalization. Cost: one forward pass per weight.
 * The model is as it was afterwards: weights, buffers, mode and libtorch's generator.
 */
public final class ScaleInvariance {
  private static final double FACTOR = 2;
  private static final double TOLERANCE = 0.01;

  private ScaleInvariance() {}

  /**
   * Finds the scale-invariant weights among the parameters with at least two dimensions.
   *
   * @param model the model
   * @param inputs a batch that the model takes, of several samples: with one, a batch normalization
   *     has nothing to normalize
   * @return their names in the state dict, in the model's order
   */
  public static Set<String> find(Module model, Tensor inputs) {
    Map<Module, Boolean> modes = new LinkedHashMap<>();
    model.namedModules().values().forEach(module -> modes.put(module, module.isTraining()));
    Tensor generator = Seeds.generatorState();
    Set<String> found = new LinkedHashSet<>();
    try {
      model.train();
      Scope.withoutGradient(
          () -> {
            Tensor reference = forward(model, inputs, generator);
            double size = norm(reference);
            model
                .namedParameters()
                .forEach(
                    (name, parameter) -> {
                      if (parameter.shape().length > 1
                          && isInvariant(model, parameter, inputs, generator, reference, size)) {
                        found.add(name);
                      }
                    });
          });
    } finally {
      Seeds.restoreGenerator(generator);
      // Parents come first, and each sets the mode of everything below it.
      modes.forEach(Module::train);
    }
    return found;
  }

  private static boolean isInvariant(
      Module model,
      Parameter parameter,
      Tensor inputs,
      Tensor generator,
      Tensor reference,
      double size) {
    Tensor weight = parameter.tensor();
    Tensor own = weight.detach().clone();
    try {
      weight.mul_(new Scalar(FACTOR));
      double change = norm(forward(model, inputs, generator).sub(reference));
      return change <= TOLERANCE * size;
    } finally {
      weight.copy_(own);
    }
  }

  /** The output, with the same chance each time and without a trace in running statistics. */
  private static Tensor forward(Module model, Tensor inputs, Tensor generator) {
    return Scope.compute(
        () -> {
          Map<Buffer, Tensor> buffers = new LinkedHashMap<>();
          model
              .namedBuffers()
              .values()
              .forEach(buffer -> buffers.put(buffer, buffer.tensor().clone()));
          Seeds.restoreGenerator(generator);
          try {
            return model.forward(inputs);
          } finally {
            buffers.forEach((buffer, saved) -> buffer.tensor().copy_(saved));
          }
        });
  }

  private static double norm(Tensor tensor) {
    return Scope.compute(() -> tensor.norm(new Scalar(2)).item_double());
  }
}
