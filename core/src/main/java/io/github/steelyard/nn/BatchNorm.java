package io.github.steelyard.nn;

/** A batch normalization, whatever the shape of its input. */
public sealed interface BatchNorm permits BatchNorm1d, BatchNorm2d {
  /**
   * What holds and computes; the methods below tell what is in it.
   *
   * @return the live parts
   */
  BatchNormalization normalization();

  /**
   * The scale of each channel.
   *
   * @return the parameter, [channels]
   */
  default Parameter weight() {
    return normalization().weight();
  }

  /**
   * The shift of each channel.
   *
   * @return the parameter, [channels]
   */
  default Parameter bias() {
    return normalization().bias();
  }

  /**
   * The mean that evaluation mode subtracts.
   *
   * @return the buffer, [channels]
   */
  default Buffer runningMean() {
    return normalization().runningMean();
  }

  /**
   * The variance that evaluation mode divides by.
   *
   * @return the buffer, [channels]
   */
  default Buffer runningVariance() {
    return normalization().runningVariance();
  }

  /**
   * The number of channels.
   *
   * @return at least 1
   */
  default long channels() {
    return normalization().channels();
  }

  /**
   * Weight of the newest batch in the running statistics.
   *
   * @return in (0, 1]
   */
  default double momentum() {
    return normalization().momentum();
  }

  /**
   * What is added to the variance.
   *
   * @return above 0
   */
  default double epsilon() {
    return normalization().epsilon();
  }
}
