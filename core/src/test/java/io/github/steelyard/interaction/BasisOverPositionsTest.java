package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.ModularAddition;
import io.github.steelyard.data.ModularAdditionConfiguration;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.data.Preprocessing;
import io.github.steelyard.data.Split;
import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.nn.models.ModularAdditionTransformer;
import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Segments of a transformer, whose activations have positions. */
@Tag("once")
class BasisOverPositionsTest {
  private static final List<String> LAYERS = TinyNetworks.layers(2);
  private static final InteractionConfiguration LOCAL =
      InteractionConfiguration.local().with(i -> i.threshold = 1e-10);

  private static Module perceptron(Activation activation) {
    return TinyNetworks.perceptron(activation, 5, List.of(7, 6), 3);
  }

  private static Tensor inputs() {
    return TinyNetworks.normal(11, 150, 5);
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
      List.of("embedded", "residual_mid", "residual_post", Segments.OUTPUT);

  @Test
  void givenPositions_whenTheBasisIsComputed_thenItsInvariantsHold() throws IOException {
    DataLoader data = sums();
    Tensor sample = data.epoch(0, 0).next().inputs();
    try (Segments segments = Segments.open(transformer(), POSITIONS, sample)) {
      InteractionResult result = new InteractionBasis(LOCAL).compute(segments, data);
      LayerBasis basis = result.layers().get(0);
      assertThat(basis.layer().positions()).isEqualTo(3);
      Tensor coordinates =
          segments.activations(sample).get(0).reshape(-1, 9).matmul(basis.vectors());
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
    SegmentsConfiguration standard = SegmentsConfiguration.standard();
    try (Segments segments = Segments.open(transformer(), layers, sample, standard)) {
      LayerBasis exact = new InteractionBasis(LOCAL).compute(segments, data).layers().get(0);
      LayerBasis estimated =
          new InteractionBasis(LOCAL.with(i -> i.sources = new Sources(1, 40, 0, 7)))
              .compute(segments, data)
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
        TinyNetworks.analyse(
            model, LAYERS, inputs(), LOCAL.with(i -> i.sources = new Sources(1, 0, 3, 7)));
    TinyNetworks.assertSame(exact, estimated, 1e-9);
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
    try (Segments segments = Segments.open(model, layers, images)) {
      Edges exact =
          new InteractionBasis(rotated)
              .compute(segments, TinyNetworks.batches(images, 6))
              .edges()
              .get(0);
      Edges estimated =
          new InteractionBasis(rotated.with(i -> i.sources = new Sources(0, 0, 8, 3)))
              .compute(segments, TinyNetworks.batches(images, 6))
              .edges()
              .get(0);
      double[] expected = Matrices.values(exact.weights());
      double[] found = Matrices.values(estimated.weights());
      double[] error = Matrices.values(estimated.standardError());
      double squares = 0;
      for (int i = 0; i < expected.length; i++) {
        squares += Math.pow((found[i] - expected[i]) / error[i], 2);
      }
      assertThat(Math.sqrt(squares / expected.length)).isBetween(0.5, 2.0);
    }
  }
}
