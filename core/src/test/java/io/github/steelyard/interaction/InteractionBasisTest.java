package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("once")
class InteractionBasisTest {
  private static final List<String> LAYERS = TinyNetworks.layers(2);
  private static final InteractionConfiguration LOCAL =
      InteractionConfiguration.local().with(i -> i.threshold = 1e-10);

  private static Module perceptron(Activation activation) {
    return TinyNetworks.perceptron(activation, 5, List.of(7, 6), 3);
  }

  private static Tensor inputs() {
    return TinyNetworks.normal(11, 150, 5);
  }

  @ParameterizedTest
  @EnumSource(BasisKind.class)
  void givenAnyBasis_whenItIsComputed_thenItInvertsAndItsCoordinatesAreUncorrelated(
      BasisKind kind) {
    InteractionConfiguration configuration =
        InteractionConfiguration.integratedGradient(3)
            .with(i -> i.threshold = 1e-10)
            .withBasis(kind);
    InteractionResult result =
        TinyNetworks.analyse(perceptron(Activation.RELU), LAYERS, inputs(), configuration);

    for (LayerBasis basis : result.layers().subList(0, 3)) {
      Tensor identity = basis.inverse().matmul(basis.vectors());
      assertThat(TinyNetworks.distance(identity, Matrices.eye(basis.rank()))).isLessThan(1e-9);
      Tensor gram = basis.vectors().t().matmul(basis.gram()).matmul(basis.vectors());
      assertThat(TinyNetworks.distance(gram.diagonal(), basis.lambda()))
          .isLessThan(1e-9 * TinyNetworks.largest(gram));
      if (kind != BasisKind.NEURON) {
        assertThat(TinyNetworks.distance(gram, basis.lambda().diag()))
            .isLessThan(1e-9 * TinyNetworks.largest(gram));
      }
    }
  }

  @Test
  void givenALinearNetwork_whenItsBasisIsComputed_thenEdgesAreDiagonalAndSumToTheEigenvalues() {
    InteractionResult result =
        TinyNetworks.analyse(
            perceptron(Activation.IDENTITY), LAYERS, inputs(), LOCAL.with(i -> i.centred = false));

    Tensor between = result.edges().get(0).weights();
    Tensor diagonal = between.diagonal().diag();
    assertThat(between.shape()).containsExactly(3, 3);
    assertThat(TinyNetworks.distance(between, diagonal))
        .isLessThan(1e-12 * TinyNetworks.largest(between));
    for (int s = 0; s < 2; s++) {
      LayerBasis basis = result.layers().get(s);
      Tensor sums = result.edges().get(s).weights().sum(0);
      assertThat(TinyNetworks.distance(sums, basis.lambda()))
          .isLessThan(1e-9 * TinyNetworks.largest(sums));
    }
    assertThat(result.layers().get(0).droppedByGradients()).isEqualTo(6 - 3);
  }

  @Test
  void givenACentredBasis_whenItIsComputed_thenTheConstantDirectionStandsApart() {
    LayerBasis basis =
        TinyNetworks.analyse(perceptron(Activation.RELU), LAYERS, inputs(), LOCAL).layers().get(1);

    double[] first = Matrices.values(basis.vectors().select(1, 0));
    for (int i = 0; i < first.length - 1; i++) {
      assertThat(first[i]).isCloseTo(0, within(1e-12));
    }
    assertThat(first[first.length - 1]).isNotZero();
    Tensor meanDirection = basis.inverse().select(0, 0).mul(new Scalar(first[first.length - 1]));
    assertThat(TinyNetworks.distance(meanDirection, basis.mean())).isLessThan(1e-12);
    Tensor others = basis.inverse().narrow(0, 1, basis.rank() - 1).select(1, first.length - 1);
    assertThat(TinyNetworks.largest(others)).isLessThan(1e-12);
  }

  @Test
  void givenDuplicatedUnits_whenTheBasisIsComputed_thenTheRankFallsByTheirNumber() {
    Module model = perceptron(Activation.RELU);
    LayerBasis whole = TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL).layers().get(1);
    int rank = Math.toIntExact(whole.orthogonalVectors().size(1));
    Scope.withoutGradient(
        () -> {
          Linear first = TinyNetworks.linear(model, "fc1");
          for (int copy = 5; copy < 7; copy++) {
            first.weight().tensor().select(0, copy).copy_(first.weight().tensor().select(0, 0));
            Tensor bias = first.bias().orElseThrow().tensor();
            bias.narrow(0, copy, 1).copy_(bias.narrow(0, 0, 1));
          }
        });

    LayerBasis basis = TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL).layers().get(1);

    assertThat(basis.orthogonalVectors().size(1)).isEqualTo(rank - 2);
    assertThat(basis.droppedByActivations()).isEqualTo(2);
  }

  @Test
  void givenSinglePrecision_whenTheBasisIsComputed_thenItAgreesToFourDigits() {
    Module model = perceptron(Activation.RELU);
    InteractionConfiguration configuration = LOCAL.with(i -> i.threshold = 1e-5);
    InteractionResult precise = TinyNetworks.analyse(model, LAYERS, inputs(), configuration);
    SegmentsConfiguration single = new SegmentsConfiguration(BiasFolding.FOLDED, ScalarType.Float);
    try (Segments segments = Segments.open(model, LAYERS, inputs(), single)) {
      InteractionResult rough =
          new InteractionBasis(configuration).compute(segments, TinyNetworks.batches(inputs(), 64));
      TinyNetworks.assertSame(precise, rough, 1e-4);
    }
  }

  @Test
  void givenFunctionalBasisAndEdges_whenComputed_thenColumnsSumToTheEigenvalues() {
    InteractionConfiguration functional =
        new InteractionConfiguration(
            BasisKind.FUNCTIONAL,
            EdgeKind.FUNCTIONAL,
            Quadrature.trapezoidal(6),
            false,
            false,
            1e-12,
            Sources.exact());
    InteractionResult result =
        TinyNetworks.analyse(perceptron(Activation.RELU), LAYERS, inputs(), functional);
    for (int s = 1; s < 3; s++) {
      Tensor sums = result.edges().get(s).weights().sum(0).abs();
      LayerBasis basis = result.layers().get(s);
      // Edges are taken at projected activations, which only a layer without loss leaves as is.
      if (basis.rank() == basis.layer().width()) {
        assertThat(TinyNetworks.distance(sums, basis.lambda()))
            .isLessThan(1e-9 * TinyNetworks.largest(sums));
      }
    }
  }

  @Test
  void givenConstantActivationsOrARankOfZero_whenAnalysed_thenTheLayersAreEmpty() {
    Module model = perceptron(Activation.RELU);
    Scope.withoutGradient(
        () -> {
          TinyNetworks.linear(model, "fc1").weight().tensor().zero_();
          TinyNetworks.linear(model, "fc3").weight().tensor().zero_();
        });
    InteractionResult centred = TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL);

    assertThat(centred.layers().get(1).rank()).isEqualTo(1);
    assertThat(centred.layers().get(1).droppedByActivations()).isEqualTo(7);
    assertThat(centred.layers().get(2).rank()).isEqualTo(1);

    Scope.withoutGradient(
        () -> TinyNetworks.linear(model, "fc3").bias().orElseThrow().tensor().zero_());
    InteractionResult rotated =
        TinyNetworks.analyse(
            model,
            LAYERS,
            inputs(),
            new InteractionConfiguration(
                BasisKind.LOCAL,
                EdgeKind.SQUARED,
                Quadrature.gradient(),
                false,
                true,
                1e-10,
                Sources.exact()));
    assertThat(rotated.layers().get(3).rank()).isZero();
    assertThat(rotated.layers().get(0).rank()).isZero();
    assertThat(rotated.edges().get(2).weights().shape()).containsExactly(0, 0);
  }

  @Test
  void givenActivationsThatAreNoNumbers_whenAnalysed_thenTheErrorNamesLayerAndSample() {
    Module model = perceptron(Activation.RELU);
    Tensor bad = inputs();
    bad.select(0, 70).narrow(0, 2, 1).fill_(new Scalar(Double.NaN));
    assertThatThrownBy(() -> TinyNetworks.analyse(model, LAYERS, bad, LOCAL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'input' hold 1 values that are not finite, the first at sample 70");
  }

  @ParameterizedTest
  @EnumSource(
      value = Activation.class,
      names = {"RELU", "GELU", "TANH", "IDENTITY"})
  void givenALinearLayerWithAnActivation_whenItsBasisNeedsNoJacobians_thenItIsTheSame(
      Activation activation) {
    InteractionConfiguration configuration =
        new InteractionConfiguration(
            BasisKind.LOCAL,
            EdgeKind.SQUARED,
            Quadrature.gaussLegendre(2),
            true,
            false,
            1e-10,
            Sources.exact());
    try (Segments segments = Segments.open(perceptron(activation), LAYERS, inputs())) {
      DataPass data = new DataPass(TinyNetworks.batches(inputs(), 64), AnalysisListener.SILENT);
      JacobianPass pass = new JacobianPass(segments, data, configuration);
      InteractionResult result =
          new InteractionBasis(configuration).compute(segments, TinyNetworks.batches(inputs(), 64));
      for (int s = 0; s < 3; s++) {
        assertThat(segments.dense(s)).isPresent();
        Tensor closed = result.layers().get(s).jacobianGram();
        Tensor general = pass.local(s, result.layers().get(s + 1)).gram();
        assertThat(TinyNetworks.distance(closed, general))
            .isLessThan(1e-11 * TinyNetworks.largest(general));
      }
    }
  }

  /** Truncated, so that the constant coordinate of projected activations is not 1 any more. */
  @ParameterizedTest
  @CsvSource({"RELU,true", "RELU,false", "GELU,false", "TANH,true", "IDENTITY,false"})
  void givenALinearLayerWithAnActivation_whenItsEdgesNeedNoBackwardPasses_thenTheyAreTheSame(
      Activation activation, boolean centred) {
    InteractionConfiguration configuration =
        new InteractionConfiguration(
            BasisKind.LOCAL,
            EdgeKind.SQUARED,
            Quadrature.gaussLegendre(2),
            centred,
            false,
            1e-2,
            Sources.exact());
    try (Segments segments = Segments.open(perceptron(activation), LAYERS, inputs())) {
      DataPass data = new DataPass(TinyNetworks.batches(inputs(), 64), AnalysisListener.SILENT);
      EdgePass pass = new EdgePass(segments, data, configuration);
      InteractionResult result =
          new InteractionBasis(configuration).compute(segments, TinyNetworks.batches(inputs(), 64));
      for (int s = 0; s < 3; s++) {
        assertThat(segments.dense(s)).isPresent();
        LayerBasis from = result.layers().get(s);
        Tensor general = pass.general(s, from, result.layers().get(s + 1)).weights();
        assertThat(from.rank()).isBetween(1, from.layer().width() - 1);
        assertThat(TinyNetworks.distance(result.edges().get(s).weights(), general))
            .isLessThan(1e-11 * TinyNetworks.largest(general));
      }
    }
  }

  @Test
  void givenNoNeedForEdges_whenBasesAreComputedAlone_thenTheyAreTheSame() {
    try (Segments segments = Segments.open(perceptron(Activation.RELU), LAYERS, inputs())) {
      InteractionBasis analysis = new InteractionBasis(LOCAL);
      List<LayerBasis> alone = analysis.bases(segments, TinyNetworks.batches(inputs(), 64));
      List<LayerBasis> withEdges =
          analysis.compute(segments, TinyNetworks.batches(inputs(), 64)).layers();
      for (int l = 0; l < 4; l++) {
        assertThat(alone.get(l).vectors().equal(withEdges.get(l).vectors())).isTrue();
      }
    }
  }

  @Test
  void givenSettingsThatDoNotGoTogether_whenConfigured_thenTheErrorSaysWhatWould() {
    assertThatThrownBy(() -> LOCAL.with(i -> i.threshold = -1)).hasMessageContaining("-1");
    assertThatThrownBy(() -> LOCAL.withBasis(BasisKind.FUNCTIONAL))
        .hasMessageContaining("gaussLegendre");
    assertThatThrownBy(
            () ->
                InteractionConfiguration.integratedGradient(2)
                    .with(i -> i.sources = new Sources(1, 0, 0, 0)))
        .hasMessageContaining("LOCAL");
    assertThatThrownBy(() -> new Sources(-1, 0, 0, 0)).hasMessageContaining("-1");
    assertThatThrownBy(() -> LOCAL.withBasis(BasisKind.NEURON).with(i -> i.centred = true))
        .hasMessageContaining("neuron");
    InteractionConfiguration rotated =
        new InteractionConfiguration(
            BasisKind.LOCAL,
            EdgeKind.SQUARED,
            Quadrature.gradient(),
            true,
            true,
            0,
            Sources.exact());
    assertThatThrownBy(
            () -> TinyNetworks.analyse(perceptron(Activation.RELU), LAYERS, inputs(), rotated))
        .hasMessageContaining("rotateLast = false");
  }
}
