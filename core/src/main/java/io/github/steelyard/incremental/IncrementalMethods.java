package io.github.steelyard.incremental;

import io.github.steelyard.method.Method;
import io.github.steelyard.method.MethodProvider;
import java.util.List;

/** Registers weight aligning as a method. */
public final class IncrementalMethods implements MethodProvider {
  /** Called by {@link java.util.ServiceLoader}. */
  public IncrementalMethods() {}

  @Override
  public List<Method> methods() {
    return List.of(
        new Method(
            "weight_aligning",
            "Class-incremental learning with weight aligning",
            "Zhao, Xiao, Gan, Zhang and Xia, \"Maintaining Discrimination and Fairness in Class"
                + " Incremental Learning\", CVPR 2020",
            "1911.07053",
            "Learns classes step by step with distillation on exemplars, and scales the last layer's"
                + " rows of new classes to the mean norm of the old ones, so that old classes are"
                + " not taken for new ones.",
            IncrementalConfiguration.class,
            "incremental-fashion-mnist.yaml"));
  }
}
