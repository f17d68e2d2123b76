package io.github.steelyard.io;

import java.util.Arrays;

/** What a safetensors header says about one tensor. */
public final class TensorInfo {
  private final String name;
  private final DType dtype;
  private final long[] shape;
  private final long begin;
  private final long bytes;

  /** {@code begin} counts from the start of the file. */
  TensorInfo(String name, DType dtype, long[] shape, long begin, long bytes) {
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.begin = begin;
    this.bytes = bytes;
  }

  /**
   * The tensor's name.
   *
   * @return such as {@code blocks.0.attn.qkv.weight}
   */
  public String name() {
    return name;
  }

  /**
   * The element type.
   *
   * @return the type in the file
   */
  public DType dtype() {
    return dtype;
  }

  /**
   * The shape.
   *
   * @return the sizes, a new array; empty for a scalar
   */
  public long[] shape() {
    return shape.clone();
  }

  /**
   * The size of the data.
   *
   * @return the number of bytes in the file
   */
  public long bytes() {
    return bytes;
  }

  long begin() {
    return begin;
  }

  @Override
  public String toString() {
    return name + " " + dtype + Arrays.toString(shape);
  }
}
