package io.github.steelyard.train;

/** The number format that the forward pass computes in. Weights and gradients stay float32. */
public enum Precision {
  /** IEEE single precision everywhere: the default. */
  FLOAT32,
  /**
   * libtorch's autocast: matrix products and convolutions compute in bfloat16, what is sensitive to
   * rounding stays in float32. Meant for GPUs with tensor cores. On a processor it may be far
   * slower: on two cores with AVX512-BF16 but no AMX a step took 2.7 (DeiT-Tiny) to 26 times
   * (resnet8) that of float32; {@code bench} measures it in its class PrecisionSteps.
   */
  BFLOAT16
}
