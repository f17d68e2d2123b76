package io.github.steelyard.quant;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What {@link Lsq} rounds to, as multiples of its scale: the integers themselves, except that one
 * signed bit has the levels -1 and 1 for the integers 0 and 1.
 *
 * @param bits the number of bits, from 1 to 8
 * @param signed whether there are negative levels
 */
record LsqLevels(int bits, boolean signed) {
  boolean areSigns() {
    return bits == 1 && signed;
  }

  double lowest() {
    return areSigns() ? -1 : signed ? -(1 << (bits - 1)) : 0;
  }

  double highest() {
    return areSigns() ? 1 : signed ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
  }

  int lowestInteger() {
    return areSigns() ? 0 : (int) lowest();
  }

  int highestInteger() {
    return areSigns() ? 1 : (int) highest();
  }

  /** What is added to an integer before it is multiplied by the step. */
  double offset() {
    return areSigns() ? -0.5 : 0;
  }

  Tensor clamp_(Tensor ratio) {
    return Bounds.clamp_(ratio, lowest(), highest());
  }

  /** The nearest levels to ratios x / s, in place; the sign of x decides about a single bit. */
  Tensor nearest_(Tensor ratio) {
    return areSigns()
        ? ratio.ge_(new Scalar(0.0)).mul_(new Scalar(2.0)).sub_(new Scalar(1.0))
        : clamp_(ratio.round_());
  }

  /** The same, not in place. */
  Tensor nearest(Tensor ratio) {
    return areSigns() ? nearest_(ratio.clone()) : clamp_(ratio.round());
  }

  Tensor ofIntegers(Tensor integers) {
    return areSigns() ? integers.mul(new Scalar(2)).sub_(new Scalar(1)) : integers;
  }

  Tensor integers(Tensor level) {
    Tensor integers = areSigns() ? level.add(new Scalar(1.0)).mul_(new Scalar(0.5)) : level;
    return integers.to(ScalarType.Char);
  }

  /** The distance of two levels whose integers differ by one: that of -1 and 1 is two scales. */
  Tensor step(Tensor s) {
    return areSigns() ? s.mul(new Scalar(2.0)) : s.clone();
  }

  /** Where a ratio x / s stands among the integers. */
  Tensor position(Tensor ratio) {
    Tensor clamped = clamp_(ratio);
    return areSigns() ? clamped.mul_(new Scalar(0.5)).add_(new Scalar(0.5)) : clamped;
  }
}
