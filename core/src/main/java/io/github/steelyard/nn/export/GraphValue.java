package io.github.steelyard.nn.export;

/** A value in a graph under construction: its input, a constant, or what an operator gives. */
public interface GraphValue {
  /** The size of a dimension that depends on the number of samples in a batch. */
  long DYNAMIC = -1;

  /**
   * The sizes, {@link #DYNAMIC} where the size depends on the batch.
   *
   * @return a new array
   */
  long[] shape();
}
