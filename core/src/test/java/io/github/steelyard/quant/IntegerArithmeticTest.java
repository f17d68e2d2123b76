package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IntegerArithmeticTest {
  private static Module converted(int bits, String method, boolean reparameterized) {
    return new ConvertQuantization()
        .apply(
            SmallModels.trained("vit", SmallModels.configuration(bits, method, reparameterized)));
  }

  @ParameterizedTest
  @CsvSource({"2, statsq, false", "4, lsq, false", "2, statsq, true"})
  void givenAConvertedModel_whenItMultipliesIntegers_thenLogitsAreThoseOfFloatsForAnyBatch(
      int bits, String method, boolean reparameterized) {
    Module model = converted(bits, method, reparameterized);
    Tensor images = SmallModels.images(20);
    Tensor expected = SmallModels.logits(model, images);
    assertThat(IntegerArithmetic.layers(model)).isEmpty();
    new IntegerArithmetic().apply(model);
    // Classifier, and in each of two blocks: the projection, two layers, and queries, keys and
    // values together; under reparameterization these share a quantizer outside the layer.
    assertThat(IntegerArithmetic.layers(model))
        .hasSize(1 + 2 * (reparameterized ? 3 : 4))
        .contains("head", "blocks.0.attn.proj", "blocks.1.mlp.fc2");
    double rounding = 1e-5 * expected.abs().max().item_double();
    for (int batch : new int[] {1, 7, 20}) {
      Tensor some = images.narrow(0, 0, batch);
      Tensor worst =
          SmallModels.logits(model, some)
              .sub(expected.narrow(0, 0, batch))
              .abs()
              .amax(new long[] {1}, false);
      assertThat(worst.gt(new Scalar(rounding)).sum().item_long()).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void givenImagesThatAreNotFinite_whenTheyAreAsked_thenAllIsAsWithFloats() {
    Module model = converted(2, "statsq", false);
    Tensor images = SmallModels.images(3);
    images.select(0, 1).select(1, 3).select(1, 3).fill_(new Scalar(Double.NaN));
    Tensor expected = SmallModels.logits(model, images);
    new IntegerArithmetic().apply(model);
    Tensor found = SmallModels.logits(model, images);
    assertThat(torch.equal(found.isnan(), expected.isnan())).isTrue();
    assertThat(found.select(0, 1).isnan().all().item_bool()).isTrue();
    assertThat(found.select(0, 0).isfinite().all().item_bool()).isTrue();
  }

  @Test
  void givenWhatCannotMultiplyIntegers_whenAsked_thenItIsRefusedWithTheReason() {
    Module prepared = SmallModels.prepared("vit", SmallModels.configuration(2, "statsq", false));
    assertThatThrownBy(() -> new IntegerArithmetic().apply(prepared))
        .hasMessageContaining("convert it first with ConvertQuantization");

    Seeds.set(1);
    int inner = 140_000; // 128 · 128 · 140,000 > 2^31 - 1
    QuantizedLinear wide =
        new QuantizedLinear(
            new Linear(inner, 1),
            Optional.of(ActivationQuantizerConfiguration.of(8, Slice.TENSOR, Signedness.SIGNED, 0)),
            Quantizers.create("lsq", 8));
    wide.eval();
    Scope.withoutGradient(() -> wide.forward(torch.randn(2, inner)));
    Lsq quantizer = (Lsq) wide.quantizedWeight().orElseThrow().quantizer();
    Scope.withoutGradient(
        () -> {
          wide.quantizedWeight().orElseThrow().latent().fill_(new Scalar(-1.0));
          quantizer.scale().tensor().fill_(new Scalar(1.0 / 128));
        });
    Module converted = wide.convert();
    assertThatThrownBy(() -> new IntegerArithmetic().apply(converted))
        .hasMessageContaining("a sum of 140000 products of up to 16384")
        .hasMessageContaining("takes 131071 of them");
    assertThat(IntegerArithmetic.layers(converted)).isEmpty();
  }
}
