package io.github.steelyard.train;

/** The number format that the forward pass computes in. Weights and gradients stay float32. */
public enum Precision {
  /** IEEE single precision everywhere: the default. */
  FLOAT32,
  /**
   * libtorch's autocast: matrix products and convolutions compute in bfloat16, what is sensitive to
   * rounding stays in float32. Pays where the processor or GPU has bfloat16 units (AMX,
   * AVX512-BF16, tensor cores) and slows down where it has not.
   */
  BFLOAT16
}
