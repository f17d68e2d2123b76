package com.example.seventh;

import io.github.steelyard.method.Method;
import io.github.steelyard.method.MethodProvider;
import java.util.List;

/** Registers the method. */
public final class WeightStandardizationMethods implements MethodProvider {
  /** Called by {@link java.util.ServiceLoader}. */
  public WeightStandardizationMethods() {}

  @Override
  public List<Method> methods() {
    return List.of(
        new Method(
            "weight_standardization",
            "Weight standardization",
            "Qiao, Wang, Liu, Shen and Yuille, \"Micro-Batch Training with Batch-Channel"
                + " Normalization and Weight Standardization\", 2019",
            "1903.10520",
            "Gives each output channel's weights mean 0 and variance 1, whatever is trained.",
            WeightStandardizationConfiguration.class,
            "weight-standardization.yaml"));
  }
}
