package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.io.inspect.Spectrum;
import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("once")
class SpectralReportTest {
  @BeforeEach
  void seed() {
    Seeds.set(8);
  }

  @Test
  void givenAMatrixWithoutFullRank_whenItIsReported_thenOnlyTheEffectiveConditionIsFinite() {
    Linear model = new Linear(3, 3, false);
    model.weight().assign(torch.diag(torch.tensor(6f, 2f, 0f)));

    SpectralReport report = SpectralReport.of(model);

    Spectrum spectrum = report.layers().get(0).report().spectrum();
    assertThat(spectrum.conditionNumber()).isNull();
    assertThat(spectrum.effectiveConditionNumber()).isCloseTo(3, within(1e-9));
    assertThat(spectrum.rank()).isEqualTo(2);
    assertThat(report.largestConditionNumber()).isCloseTo(3, within(1e-9));
    assertThat(report.log10LayerProduct()).isCloseTo(Math.log10(6), within(1e-9));
  }

  @Test
  void givenAZeroMatrix_whenItIsReported_thenNothingIsNotANumber() {
    Linear model = new Linear(3, 2, false);
    model.weight().assign(torch.zeros(2, 3));

    SpectralReport report = SpectralReport.of(model);

    Spectrum spectrum = report.layers().get(0).report().spectrum();
    assertThat(spectrum.effectiveConditionNumber()).isNull();
    assertThat(spectrum.spectralNorm()).isZero();
    assertThat(report.log10LayerProduct()).isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @Test
  void givenAPrunedLayer_whenItIsReported_thenTheWeightIsTheOneItSees() {
    Linear model = new Linear(8, 6, false);
    new MagnitudePruning(PruningConfiguration.layerWise(0.75)).apply(model);
    Tensor seen = model.weight().value().detach();

    SpectralReport report = SpectralReport.of(model);

    assertThat(report.layers().get(0).report().spectrum().spectralNorm())
        .isCloseTo(torch.linalg_svdvals(seen).max().item_double(), within(1e-5));
    assertThat(report.layers().get(0).report().statistics().sparsity()).isEqualTo(0.75);
  }

  /** The largest stretch over random inputs, refined by power iteration through the gradient. */
  private static double stretch(Module layer, long... shape) {
    Tensor x = torch.randn(shape);
    double stretched = 0;
    for (int i = 0; i < 60; i++) {
      Tensor at = x.div(x.norm()).detach();
      at.set_requires_grad(true);
      Tensor y = layer.forward(at);
      stretched = y.norm().item_double();
      y.square().sum().backward();
      x = at.grad().detach().clone();
    }
    return stretched;
  }

  @ParameterizedTest
  @CsvSource({"3, 1, 1, 1", "3, 2, 1, 1", "3, 1, 2, 2", "1, 2, 0, 1", "5, 2, 2, 1", "2, 2, 0, 1"})
  void givenAConvolution_whenItsBoundIsComputed_thenNoInputIsStretchedMore(
      long kernel, long stride, long padding, long dilation) {
    Conv2d layer =
        new Conv2d(
            Conv2dConfiguration.of(2, 3, kernel)
                .withStride(stride)
                .withPadding(padding)
                .withDilation(dilation)
                .withoutBias());
    double found = stretch(layer, 1, 2, 12, 12);

    double bound = SpectralReport.of(layer).layers().get(0).lipschitz();

    assertThat(found).isLessThanOrEqualTo(bound * (1 + 1e-5)).isGreaterThan(bound / 4);
    if (kernel <= stride) {
      assertThat(found).isCloseTo(bound, within(0.02 * bound));
    }
  }

  @Test
  void givenAChainWithNormalization_whenItsProductIsComputed_thenItBoundsTheNetwork() {
    Sequential model =
        new Sequential(
            new Conv2d(Conv2dConfiguration.of(1, 3, 3).withoutBias()), new BatchNorm2d(3));
    model.eval();
    Scope.withoutGradient(
        () -> {
          model.namedBuffers().get("1.running_var").tensor().fill_(new Scalar(0.25));
          model.namedParameters().get("1.weight").tensor().fill_(new Scalar(3.0));
        });

    SpectralReport report = SpectralReport.of(model);

    assertThat(report.log10NormalizationProduct()).isCloseTo(Math.log10(6), within(1e-4));
    double bound = Math.pow(10, report.log10LayerProduct() + report.log10NormalizationProduct());
    assertThat(stretch(model, 1, 1, 8, 8)).isLessThanOrEqualTo(bound * (1 + 1e-5));
  }

  @Test
  void givenALinearClassifier_whenItsSteepnessIsEstimated_thenItIsThatOfItsWeights() {
    Linear model = new Linear(4, 2);
    model.weight().assign(torch.tensor(1f, 0f, -2f, 0f, 0f, 3f, 0f, 0f).reshape(2, 4));
    InputDomain domain = new InputDomain(java.util.List.of(0.5), java.util.List.of(0.5), 0, 1);

    LocalLipschitz local =
        LocalLipschitz.estimate(model, Samples.of(Samples.random(10, 2, 4)), domain, Device.CPU);

    assertThat(local.samples()).isEqualTo(10);
    assertThat(local.largestL1()).isCloseTo(2 * 6, within(1e-4));
    assertThat(local.meanL1()).isCloseTo(2 * 6, within(1e-4));
    assertThat(local.largestL2()).isCloseTo(2 * Math.sqrt(14), within(1e-4));
  }
}
