package io.github.steelyard.robust;

import io.github.steelyard.io.inspect.InspectionConfiguration;
import io.github.steelyard.io.inspect.Spectrum;
import io.github.steelyard.io.inspect.TensorReport;
import io.github.steelyard.io.inspect.WeightInspection;
import io.github.steelyard.nn.BatchNorm;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The singular values of every layer's weight, as the layer sees it (after masks and other
 * parametrizations), and what they bound. A layer stretches a change of its input by at most
 *
 * <pre>
 * linear layer: ||W||_2
 * convolution:  ||W||_2 · sqrt(k), with W as the matrix [out, in · height · width] and k the number
 *               of windows that see a pixel at most
 * batch normalization in evaluation mode: max |weight| / sqrt(running variance + epsilon)
 * </pre>
 *
 * <p>The product over all of them bounds the Lipschitz constant (L2) of a network that is a chain
 * of layers with activations that do not stretch, such as ReLU. For a network with shortcuts or
 * attention it is no bound, but can be compared between versions of the network. The bound is
 * loose: see {@link LocalLipschitz} for what a network does near samples.
 *
 * @param layers the layers in the model's order
 * @param log10LayerProduct the decimal logarithm of the product of the layers' bounds; negative
 *     infinity if one is 0, NaN if one could not be computed
 * @param log10NormalizationProduct the same of the batch normalizations; 0 without any
 */
public record SpectralReport(
    List<Layer> layers, double log10LayerProduct, double log10NormalizationProduct) {

  /**
   * One layer.
   *
   * @param path the layer's path
   * @param report of its weight: its distribution and singular values
   * @param lipschitz how much it stretches a change at most; NaN if the spectrum was not computed
   */
  public record Layer(String path, TensorReport report, double lipschitz) {}

  /**
   * Copies the list.
   *
   * @param layers the layers in the model's order
   * @param log10LayerProduct the logarithm of the product of the layers' bounds
   * @param log10NormalizationProduct the same of the batch normalizations
   */
  public SpectralReport {
    layers = List.copyOf(layers);
  }

  /**
   * Computes the singular values of a model's layers, in double precision on the processor.
   *
   * @param model the model
   * @return its spectra
   */
  public static SpectralReport of(Module model) {
    return of(model, InspectionConfiguration.DEFAULT);
  }

  /**
   * Computes the singular values of a model's layers, in double precision on the processor.
   *
   * @param model the model
   * @param configuration how closely to look, and which matrices are too large
   * @return its spectra
   */
  public static SpectralReport of(Module model, InspectionConfiguration configuration) {
    WeightInspection inspection = new WeightInspection(configuration);
    List<Layer> layers = new ArrayList<>();
    LayerWeights.of(model)
        .forEach(
            (path, weight) -> {
              TensorReport report =
                  Scope.computeWithoutGradient(() -> inspection.inspect(path, weight.value()));
              layers.add(
                  new Layer(path, report, lipschitz(model.getSubmodule(path), report.spectrum())));
            });
    double product = layers.stream().mapToDouble(layer -> Math.log10(layer.lipschitz())).sum();
    return new SpectralReport(layers, product, normalizations(model));
  }

  private static double lipschitz(Module layer, Spectrum spectrum) {
    if (spectrum == null) {
      return Double.NaN;
    }
    return layer instanceof Conv2d convolution
        ? spectrum.spectralNorm() * Math.sqrt((double) windows(convolution.configuration()))
        : spectrum.spectralNorm();
  }

  /** How many windows of a convolution see one pixel at most. */
  private static long windows(Conv2dConfiguration c) {
    return windows(c.kernel().height(), c.stride().height(), c.dilation().height())
        * windows(c.kernel().width(), c.stride().width(), c.dilation().width());
  }

  /** Of the kernel's k places d pixels apart, every s/gcd(s, d)-th one meets a pixel. */
  private static long windows(long kernel, long stride, long dilation) {
    long common = BigInteger.valueOf(stride).gcd(BigInteger.valueOf(dilation)).longValueExact();
    long period = stride / common;
    return (kernel + period - 1) / period;
  }

  private static double normalizations(Module model) {
    double sum = 0;
    for (Module module : model.namedModules().values()) {
      if (module instanceof BatchNorm norm) {
        sum += stretch(norm.weight().value(), norm.runningVariance().tensor(), norm.epsilon());
      }
    }
    return sum;
  }

  private static double stretch(Tensor weight, Tensor variance, double epsilon) {
    return Scope.computeWithoutGradient(
        () ->
            Math.log10(
                weight.abs().div(variance.add(new Scalar(epsilon)).sqrt()).max().item_double()));
  }

  /**
   * The largest effective condition number of the layers.
   *
   * @return at least 1; NaN if no layer has one
   */
  public double largestConditionNumber() {
    return layers.stream()
        .map(layer -> layer.report().spectrum())
        .filter(s -> s != null && s.effectiveConditionNumber() != null)
        .mapToDouble(Spectrum::effectiveConditionNumber)
        .max()
        .orElse(Double.NaN);
  }
}
