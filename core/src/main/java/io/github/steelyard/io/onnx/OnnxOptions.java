package io.github.steelyard.io.onnx;

/**
 * What a graph may use.
 *
 * @param opset version of ONNX's operator set, from {@value #OLDEST} to {@value #NEWEST}
 * @param storage how integers of few bits are stored
 * @param integers whether products of quantized values are computed with integers; else quantized
 *     models are computed in float32
 */
public record OnnxOptions(int opset, OnnxStorage storage, boolean integers) {
  /** The oldest operator set that has what every graph uses. */
  public static final int OLDEST = 18;

  /** The newest operator set that was tried. */
  public static final int NEWEST = 25;

  private static final int USUAL = 21;

  /**
   * Checks the values.
   *
   * @param opset from {@value #OLDEST} to {@value #NEWEST}
   * @param storage how integers of few bits are stored
   * @param integers whether products of quantized values are computed with integers
   * @throws IllegalArgumentException if the operator set is out of range or lacks the storage
   */
  public OnnxOptions {
    if (opset < OLDEST || opset > NEWEST) {
      throw new IllegalArgumentException(
          "the operator set must be from "
              + OLDEST
              + " to "
              + NEWEST
              + ", but is "
              + opset
              + "; the nearest is "
              + (opset < OLDEST ? OLDEST : NEWEST));
    }
    if (storage == OnnxStorage.NATIVE && opset < OnnxType.UINT4.opset()) {
      throw new IllegalArgumentException(
          "ONNX's own types of few bits need operator set "
              + OnnxType.UINT4.opset()
              + ", but it is "
              + opset
              + "; use the storage PACKED, or operator set "
              + OnnxType.UINT4.opset());
    }
  }

  /**
   * What today's releases of ONNX Runtime load: operator set {@value #USUAL}, packed, with
   * integers.
   *
   * @return the options
   */
  public static OnnxOptions defaults() {
    return new OnnxOptions(USUAL, OnnxStorage.PACKED, true);
  }

  /**
   * The same in float32.
   *
   * @return the options
   */
  public OnnxOptions inFloat() {
    return new OnnxOptions(opset, storage, false);
  }

  /** The version of ONNX's file format that came with the operator set. */
  int format() {
    return switch (opset) {
      case 18 -> 8;
      case 19, 20 -> 9;
      case 21, 22 -> 10;
      case 23 -> 11;
      case 24 -> 12;
      default -> 13;
    };
  }
}
