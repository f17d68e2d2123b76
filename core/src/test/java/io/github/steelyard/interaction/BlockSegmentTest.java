package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.nn.Attention;
import io.github.steelyard.nn.AttentionConfiguration;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("once")
class BlockSegmentTest {
  private static final List<String> LAYERS =
      List.of(
          "embedded",
          "blocks.0.residual_mid",
          "blocks.0.residual_post",
          "blocks.1.residual_post",
          "pooled",
          Segments.OUTPUT);
  private static final int BLOCKS = 3;

  private Module model;
  private Tensor images;

  @BeforeEach
  void makeATransformer() {
    images = TinyNetworks.normal(4, 4, 1, 14, 14);
    model = Models.create("vit_mini_patch7_28", ModelOptions.none().with(o -> o.imageSize = 14));
    model.to(ScalarType.Double);
    // Biases and scales that are not 0 and 1, and attention that is not the same everywhere.
    Scope.withoutGradient(
        () ->
            model
                .namedParameters()
                .values()
                .forEach(p -> p.tensor().add_(torch.randn_like(p.tensor()).mul_(new Scalar(0.1)))));
  }

  private static InteractionConfiguration local(Quadrature quadrature, double threshold) {
    return InteractionConfiguration.local()
        .with(i -> i.quadrature = quadrature)
        .with(i -> i.threshold = threshold);
  }

  /** Truncated, so that the constant coordinate of projected activations is not 1 any more. */
  @ParameterizedTest
  @CsvSource({"FOLDED,1e-2,0", "FIXED,1e-2,0", "FOLDED,1e-1,2"})
  void givenTransformerBlocks_whenNoBackwardPassIsNeeded_thenMAndEdgesAreTheSame(
      BiasFolding biases, double threshold, int intervals) {
    InteractionConfiguration how =
        local(
            intervals == 0 ? Quadrature.gradient() : Quadrature.gaussLegendre(intervals),
            threshold);
    SegmentsConfiguration cut = new SegmentsConfiguration(biases, ScalarType.Double);
    try (Segments segments = Segments.open(model, LAYERS, images, cut)) {
      DataPass data = new DataPass(TinyNetworks.batches(images, 3), AnalysisListener.SILENT);
      List<LayerBasis> bases =
          new InteractionBasis(how).bases(segments, TinyNetworks.batches(images, 3));
      JacobianPass jacobians = new JacobianPass(segments, data, how);
      EdgePass edges = new EdgePass(segments, data, how);
      for (int s = 0; s < BLOCKS; s++) {
        assertThat(segments.block(s)).as("segment %d", s).isPresent();
        Tensor direct = jacobians.run(s, bases.get(s + 1)).gram();
        Tensor general = jacobians.local(s, bases.get(s + 1)).gram();
        assertThat(TinyNetworks.distance(direct, general))
            .as("M' of segment %d", s)
            .isLessThan(1e-11 * TinyNetworks.largest(general));
        Tensor quick = edges.run(s, bases.get(s), bases.get(s + 1)).weights();
        Tensor slow = edges.general(s, bases.get(s), bases.get(s + 1)).weights();
        assertThat(TinyNetworks.distance(quick, slow))
            .as("edges of segment %d", s)
            .isLessThan(1e-11 * TinyNetworks.largest(slow));
      }
      assertThat(segments.block(BLOCKS)).isEmpty();
    }
  }

  @Test
  void givenAPartOfAnotherKind_whenATransformerIsCut_thenBackwardPassesAreTaken() {
    model.setSubmodule(
        "blocks.1.attn", new Attention(new AttentionConfiguration(64, 4, true, true, 0, 0)));
    model.to(ScalarType.Double);
    try (Segments segments = Segments.open(model, LAYERS, images)) {
      List<Boolean> found = new ArrayList<>();
      for (int s = 0; s <= BLOCKS; s++) {
        found.add(segments.block(s).isPresent());
      }
      assertThat(found).containsExactly(true, true, false, false);
    }
  }
}
