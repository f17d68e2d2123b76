package io.github.steelyard.nn;

import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Memory;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Random first values of weights, drawn from libtorch's seeded generator. Each method fills a
 * tensor in place, without recording gradients, and is equal in distribution to PyTorch's function
 * of that name. A weight is {@code [out, in, ...]}; its fan-in is {@code in} times the kernel's
 * area, its fan-out {@code out} times the kernel's area.
 */
public final class Initialization {
  static {
    Engine.start();
  }

  private Initialization() {}

  /**
   * A new weight, to be filled by one of the other methods.
   *
   * @param shape its sizes, at least 0
   * @return a float tensor with any values
   * @throws IllegalArgumentException if this machine's memory cannot hold it
   */
  public static Tensor empty(long... shape) {
    Memory.require(Memory.bytes(Float.BYTES, shape), "a weight of shape " + Arrays.toString(shape));
    return torch.empty(shape);
  }

  /**
   * The default of PyTorch's Linear and Conv2d: Kaiming uniform with {@code a = sqrt(5)}, which is
   * uniform in {@code ±1/sqrt(fan-in)}.
   *
   * @param weight the weight, of at least two dimensions
   * @throws IllegalArgumentException if the weight has fewer than two dimensions
   */
  public static void kaimingUniform(Tensor weight) {
    uniform(weight, 1 / Math.sqrt(fan(weight, 1)));
  }

  /**
   * The default of PyTorch's biases: uniform in {@code ±1/sqrt(fan-in)} of the weight.
   *
   * @param bias the bias
   * @param weight the weight it belongs to, of at least two dimensions
   * @throws IllegalArgumentException if the weight has fewer than two dimensions
   */
  public static void defaultBias(Tensor bias, Tensor weight) {
    uniform(bias, 1 / Math.sqrt(fan(weight, 1)));
  }

  /**
   * Kaiming normal by fan-in for a ReLU network: variance {@code 2 / fan-in} (He et al., ICCV
   * 2015).
   *
   * @param weight the weight, of at least two dimensions
   * @throws IllegalArgumentException if the weight has fewer than two dimensions
   */
  public static void kaimingNormalFanIn(Tensor weight) {
    normal(weight, Math.sqrt(2.0 / fan(weight, 1)));
  }

  /**
   * Kaiming normal by fan-out for a ReLU network, as torchvision's ResNet uses it: variance {@code
   * 2 / fan-out}.
   *
   * @param weight the weight, of at least two dimensions
   * @throws IllegalArgumentException if the weight has fewer than two dimensions
   */
  public static void kaimingNormalFanOut(Tensor weight) {
    normal(weight, Math.sqrt(2.0 / fan(weight, 0)));
  }

  /**
   * Uniform around 0.
   *
   * @param weight the tensor to fill
   * @param bound the largest size of a value, at least 0
   */
  public static void uniform(Tensor weight, double bound) {
    Scope.withoutGradient(() -> weight.uniform_(-bound, bound, new GeneratorOptional()));
  }

  /**
   * Normal with mean 0.
   *
   * @param weight the tensor to fill
   * @param deviation the standard deviation, at least 0
   */
  public static void normal(Tensor weight, double deviation) {
    Scope.withoutGradient(() -> weight.normal_(0, deviation, new GeneratorOptional()));
  }

  /**
   * Normal with mean 0, cut off at ±2 (not at two deviations), as timm's {@code trunc_normal_}
   * draws it. Below a deviation of 0.25 the cut is eight deviations away and a plain normal draw is
   * the same, cheaper, and free of timm's rare values of exactly -2, which its uniform draw of
   * exactly -1 is mapped to.
   *
   * @param weight the tensor to fill
   * @param deviation the standard deviation before the cut, above 0; timm uses 0.02
   */
  public static void truncatedNormal(Tensor weight, double deviation) {
    if (deviation < 0.25) {
      normal(weight, deviation);
      return;
    }
    Scope.withoutGradient(
        () -> {
          Tensor bound = torch.erf(torch.scalar_tensor(new Scalar(2 / deviation / Math.sqrt(2))));
          double limit = bound.item_double();
          weight.uniform_(-limit, limit, new GeneratorOptional());
          weight.erfinv_();
          weight.mul_(new Scalar(deviation * Math.sqrt(2)));
          weight.clamp_(new ScalarOptional(new Scalar(-2.0)), new ScalarOptional(new Scalar(2.0)));
        });
  }

  private static double fan(Tensor weight, int dimension) {
    long[] shape = weight.shape();
    if (shape.length < 2) {
      throw new IllegalArgumentException(
          "the fan of a weight needs at least two dimensions, but it has " + shape.length);
    }
    double fan = shape[dimension];
    for (int i = 2; i < shape.length; i++) {
      fan *= shape[i];
    }
    return fan;
  }
}
