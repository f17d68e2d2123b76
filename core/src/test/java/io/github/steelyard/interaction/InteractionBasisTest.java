package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.ModularAddition;
import io.github.steelyard.data.ModularAdditionConfiguration;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.data.Preprocessing;
import io.github.steelyard.data.Split;
import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.nn.models.ModularAdditionTransformer;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class InteractionBasisTest {
  private static final List<String> LAYERS = TinyNetworks.layers(2);
  private static final InteractionConfiguration LOCAL =
      InteractionConfiguration.local().withThreshold(1e-10);

  private static Module perceptron(Activation activation) {
    return TinyNetworks.perceptron(activation, 5, List.of(7, 6), 3);
  }

  private static Tensor inputs() {
    return TinyNetworks.normal(11, 150, 5);
  }

  private static double[] values(Tensor tensor) {
    return Matrices.values(tensor);
  }

  @ParameterizedTest
  @EnumSource(BasisKind.class)
  void givenAnyBasis_whenItIsComputed_thenItInvertsAndItsCoordinatesAreUncorrelated(
      BasisKind kind) {
    InteractionConfiguration configuration =
        InteractionConfiguration.integratedGradient(3).withThreshold(1e-10).withBasis(kind);
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
            perceptron(Activation.IDENTITY), LAYERS, inputs(), LOCAL.withCentred(false));

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

    double[] first = values(basis.vectors().select(1, 0));
    for (int i = 0; i < first.length - 1; i++) {
      assertThat(first[i]).isCloseTo(0, within(1e-12));
    }
    assertThat(first[first.length - 1]).isNotZero();
    Tensor meanDirection = basis.inverse().select(0, 0).mul(new Scalar(first[first.length - 1]));
    assertThat(TinyNetworks.distance(meanDirection, basis.mean())).isLessThan(1e-12);
    Tensor others = basis.inverse().narrow(0, 1, basis.rank() - 1).select(1, first.length - 1);
    assertThat(TinyNetworks.largest(others)).isLessThan(1e-12);
  }

  /** h -> h A with the next weights A^-1, in the linear parts; the function stays. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void givenARandomInvertibleReparameterization_whenAnalysedAgain_thenNothingChanges(long seed) {
    Module model = perceptron(Activation.IDENTITY);
    InteractionResult before = TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL);
    reparameterize(
        model, TinyNetworks.normal(seed, 7, 7).add(Matrices.eye(7).mul(new Scalar(3.0))));
    InteractionResult after = TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL);

    assertSame(before, after, 1e-8);
    Tensor components =
        TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL.withBasis(BasisKind.SVD))
            .layers()
            .get(1)
            .lambda();
    assertThat(TinyNetworks.distance(components, before.layers().get(1).principal().lambda()))
        .as("principal components do change")
        .isGreaterThan(0.1);
  }

  /** A positive scale and another order of ReLU units leave the function as it is. */
  @ParameterizedTest
  @ValueSource(longs = {4, 5})
  void givenScaledAndReorderedUnits_whenAnalysedAgain_thenNothingChanges(long seed) {
    Module model = perceptron(Activation.RELU);
    InteractionResult before = TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL);
    Tensor order = Tensor.create(new long[] {3, 0, 6, 1, 5, 2, 4}, 7L);
    Tensor scale = TinyNetworks.normal(seed, 7).exp().diag().index_select(1, order);
    reparameterize(model, scale);

    assertSame(before, TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL), 1e-8);
  }

  private static void reparameterize(Module model, Tensor a) {
    Linear first = TinyNetworks.linear(model, "fc1");
    Linear second = TinyNetworks.linear(model, "fc2");
    Scope.withoutGradient(
        () -> {
          Tensor inverse = torch.linalg_inv(a);
          first.weight().assign(a.t().matmul(first.weight().value()));
          first.bias().orElseThrow().assign(first.bias().orElseThrow().value().matmul(a));
          second.weight().assign(second.weight().value().matmul(inverse.t()));
        });
  }

  private static void assertSame(
      InteractionResult before, InteractionResult after, double tolerance) {
    for (int l = 0; l < before.layers().size() - 1; l++) {
      Tensor lambda = before.layers().get(l).lambda();
      assertThat(TinyNetworks.distance(after.layers().get(l).lambda(), lambda))
          .isLessThan(tolerance * TinyNetworks.largest(lambda));
      Tensor edges = before.edges().get(l).weights();
      assertThat(TinyNetworks.distance(after.edges().get(l).weights(), edges))
          .isLessThan(tolerance * TinyNetworks.largest(edges));
    }
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
    InteractionConfiguration configuration = LOCAL.withThreshold(1e-5);
    InteractionResult precise = TinyNetworks.analyse(model, LAYERS, inputs(), configuration);
    SectionsConfiguration single = new SectionsConfiguration(BiasFolding.FOLDED, ScalarType.Float);
    try (Sections sections = Sections.open(model, LAYERS, inputs(), single)) {
      InteractionResult rough =
          new InteractionBasis(configuration).compute(sections, TinyNetworks.batches(inputs(), 64));
      assertSame(precise, rough, 1e-4);
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

  private static ModularAdditionTransformer transformer() {
    Seeds.set(5);
    return new ModularAdditionTransformer(5, 8, 2, 12);
  }

  private static DataLoader sums() throws IOException {
    return new DataLoader(
        ModularAddition.of(new ModularAdditionConfiguration(5, 0.9, 1), Split.TRAIN),
        Preprocessing.of(Normalization.none(1)),
        LoaderConfiguration.evaluation(100));
  }

  private static final List<String> POSITIONS =
      List.of("embedded", "residual_mid", "residual_post", Sections.OUTPUT);

  @Test
  void givenPositions_whenTheBasisIsComputed_thenItsInvariantsHold() throws IOException {
    DataLoader data = sums();
    Tensor sample = data.epoch(0, 0).next().inputs();
    try (Sections sections = Sections.open(transformer(), POSITIONS, sample)) {
      InteractionResult result = new InteractionBasis(LOCAL).compute(sections, data);
      LayerBasis basis = result.layers().get(0);
      assertThat(basis.layer().positions()).isEqualTo(3);
      Tensor coordinates =
          sections.activations(sample).get(0).reshape(-1, 9).matmul(basis.vectors());
      Tensor gram =
          coordinates.t().matmul(coordinates).div(new Scalar((double) coordinates.size(0)));
      assertThat(TinyNetworks.distance(gram, basis.lambda().diag()))
          .isLessThan(1e-9 * TinyNetworks.largest(gram));
      Tensor whole = basis.inverse().matmul(basis.jacobianGram()).matmul(basis.inverse().t());
      Tensor apart = whole.narrow(0, 1, basis.rank() - 1).narrow(1, 1, basis.rank() - 1);
      assertThat(TinyNetworks.distance(apart, Matrices.eye(basis.rank() - 1))).isLessThan(1e-7);
    }
  }

  @Test
  void givenRandomSources_whenTheBasisIsEstimated_thenTheErrorIsAsStated() throws IOException {
    DataLoader data = sums();
    Tensor sample = data.epoch(0, 0).next().inputs();
    List<String> layers = List.of("embedded", "residual_mid");
    SectionsConfiguration standard = SectionsConfiguration.standard();
    try (Sections sections = Sections.open(transformer(), layers, sample, standard)) {
      LayerBasis exact = new InteractionBasis(LOCAL).compute(sections, data).layers().get(0);
      LayerBasis estimated =
          new InteractionBasis(LOCAL.withSources(new Sources(1, 40, 0, 7)))
              .compute(sections, data)
              .layers()
              .get(0);
      double size = exact.jacobianGram().norm(new Scalar(2)).item_double();
      double error =
          estimated.jacobianGram().sub(exact.jacobianGram()).norm(new Scalar(2)).item_double()
              / size;
      assertThat(exact.jacobianError()).isZero();
      assertThat(estimated.jacobianError()).isBetween(1e-4, 0.2);
      assertThat(error).isBetween(0.3 * estimated.jacobianError(), 3 * estimated.jacobianError());
    }
  }

  /** One position: a random sign squares to 1, so the estimate is exact. */
  @Test
  void givenOnePosition_whenEdgesAreEstimated_thenTheyAreExact() {
    Module model = perceptron(Activation.RELU);
    InteractionResult exact = TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL);
    InteractionResult estimated =
        TinyNetworks.analyse(model, LAYERS, inputs(), LOCAL.withSources(new Sources(1, 0, 3, 7)));
    assertSame(exact, estimated, 1e-9);
    Tensor error = estimated.edges().get(0).standardError();
    assertThat(TinyNetworks.largest(error))
        .isLessThan(1e-12 * TinyNetworks.largest(exact.edges().get(0).weights()));
    assertThat(estimated.edges().get(0).sources()).isEqualTo(3);
  }

  @Test
  void givenSeveralPositions_whenEdgesAreEstimated_thenTheStandardErrorCoversTheDifference() {
    Seeds.set(6);
    Module model = Models.create("vit_mini_patch7_28", ModelOptions.none());
    Tensor images = TinyNetworks.normal(8, 6, 1, 28, 28);
    List<String> layers = List.of("blocks.5.residual_mid", "blocks.5.residual_post");
    InteractionConfiguration rotated =
        new InteractionConfiguration(
            BasisKind.SVD,
            EdgeKind.SQUARED,
            Quadrature.gradient(),
            false,
            true,
            0.9,
            Sources.exact());
    try (Sections sections = Sections.open(model, layers, images)) {
      Edges exact =
          new InteractionBasis(rotated)
              .compute(sections, TinyNetworks.batches(images, 6))
              .edges()
              .get(0);
      Edges estimated =
          new InteractionBasis(rotated.withSources(new Sources(0, 0, 8, 3)))
              .compute(sections, TinyNetworks.batches(images, 6))
              .edges()
              .get(0);
      double[] expected = values(exact.weights());
      double[] found = values(estimated.weights());
      double[] error = values(estimated.standardError());
      double squares = 0;
      for (int i = 0; i < expected.length; i++) {
        squares += Math.pow((found[i] - expected[i]) / error[i], 2);
      }
      assertThat(Math.sqrt(squares / expected.length)).isBetween(0.5, 2.0);
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
    try (Sections sections = Sections.open(perceptron(activation), LAYERS, inputs())) {
      DataPass data = new DataPass(TinyNetworks.batches(inputs(), 64), StageListener.SILENT);
      JacobianPass pass = new JacobianPass(sections, data, configuration);
      InteractionResult result =
          new InteractionBasis(configuration).compute(sections, TinyNetworks.batches(inputs(), 64));
      for (int s = 0; s < 3; s++) {
        assertThat(sections.dense(s)).isPresent();
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
    try (Sections sections = Sections.open(perceptron(activation), LAYERS, inputs())) {
      DataPass data = new DataPass(TinyNetworks.batches(inputs(), 64), StageListener.SILENT);
      EdgePass pass = new EdgePass(sections, data, configuration);
      InteractionResult result =
          new InteractionBasis(configuration).compute(sections, TinyNetworks.batches(inputs(), 64));
      for (int s = 0; s < 3; s++) {
        assertThat(sections.dense(s)).isPresent();
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
    try (Sections sections = Sections.open(perceptron(Activation.RELU), LAYERS, inputs())) {
      InteractionBasis analysis = new InteractionBasis(LOCAL);
      List<LayerBasis> alone = analysis.bases(sections, TinyNetworks.batches(inputs(), 64));
      List<LayerBasis> withEdges =
          analysis.compute(sections, TinyNetworks.batches(inputs(), 64)).layers();
      for (int l = 0; l < 4; l++) {
        assertThat(alone.get(l).vectors().equal(withEdges.get(l).vectors())).isTrue();
      }
    }
  }

  @Test
  void givenSettingsThatDoNotGoTogether_whenConfigured_thenTheErrorSaysWhatWould() {
    assertThatThrownBy(() -> LOCAL.withThreshold(-1)).hasMessageContaining("-1");
    assertThatThrownBy(() -> LOCAL.withBasis(BasisKind.FUNCTIONAL))
        .hasMessageContaining("gaussLegendre");
    assertThatThrownBy(
            () ->
                InteractionConfiguration.integratedGradient(2).withSources(new Sources(1, 0, 0, 0)))
        .hasMessageContaining("LOCAL");
    assertThatThrownBy(() -> new Sources(-1, 0, 0, 0)).hasMessageContaining("-1");
    assertThatThrownBy(() -> LOCAL.withBasis(BasisKind.NEURON).withCentred(true))
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
