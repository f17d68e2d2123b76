package io.github.steelyard.nn.export;

/**
 * Whole numbers of a byte in a graph: what a quantizer's levels are counted in. A number is {@code
 * stored - zero}.
 *
 * @param stored the bytes, without a sign where {@code zero} is above 0
 * @param zero what is stored for 0
 * @param lowest the smallest number
 * @param highest the largest number
 */
public record GraphIntegers(GraphValue stored, int zero, int lowest, int highest) {
  /** Where in a product integers stand, which decides how they are stored. */
  public enum Factor {
    /** Left: rows are multiplied. */
    LEFT,
    /** Left, of a value that is never negative, so that it needs no bound below. */
    LEFT_NOT_NEGATIVE,
    /** Right: columns are multiplied. */
    RIGHT
  }

  /**
   * The largest size of a number.
   *
   * @return at least 0
   */
  public int magnitude() {
    return Math.max(Math.abs(lowest), Math.abs(highest));
  }

  /**
   * The same numbers in another order.
   *
   * @param moved the bytes
   * @return the numbers
   */
  public GraphIntegers with(GraphValue moved) {
    return new GraphIntegers(moved, zero, lowest, highest);
  }

  /**
   * Refuses a product whose sums could leave 32 bits.
   *
   * @param inner how many products are added
   * @param left the largest size of a number on the left
   * @param right the largest size of a number on the right
   * @throws IllegalArgumentException if {@code inner · left · right} is above 2^31 - 1; the message
   *     says how many products fit
   */
  public static void requireSum(long inner, int left, int right) {
    long largest = Math.max(1L, (long) left * right);
    if (inner * largest > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a sum of "
              + inner
              + " products of up to "
              + largest
              + " can leave the range of 32 bits, which takes "
              + Integer.MAX_VALUE / largest
              + " of them; compute it in float32, or use fewer bits");
    }
  }
}
