package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.nn.Attention;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

class PlainLayersTest {
  private static final QuantizationConfiguration WEIGHTS =
      QuantizationConfiguration.of(3, LayerBits.FLOAT).withEdges(new LayerBits(8, LayerBits.FLOAT));

  private static Module network() {
    Seeds.set(5);
    Module model =
        Models.create(
            "modular_addition",
            ModelOptions.none().with(o -> o.classes = 7).with(o -> o.hidden = List.of(32)));
    model.eval();
    return model;
  }

  private static Tensor sums() {
    return Scope.computeWithoutGradient(() -> torch.rand(6, 1, 3, 8));
  }

  @Test
  void givenATransformerWithQuantizedWeights_whenItsLayersArePlain_thenItComputesTheSame() {
    Module model = network();
    Tensor inputs = sums();
    Tensor before = Scope.computeWithoutGradient(() -> model.forward(inputs));
    new PrepareQuantization(WEIGHTS.withQueryKeyReparameterization(false).withMethod("lsq"), inputs)
        .apply(model);
    Tensor quantized = Scope.computeWithoutGradient(() -> model.forward(inputs));

    assertThat(PlainLayers.replaceIn(model)).isEmpty();

    assertThat(model.getSubmodule("attn")).isInstanceOf(Attention.class);
    assertThat(model.namedModules().values())
        .noneMatch(part -> part instanceof QuantizedLinear || part instanceof QuantizedAttention);
    Tensor plain = Scope.computeWithoutGradient(() -> model.forward(inputs));
    assertThat(distance(quantized, plain)).isLessThan(1e-5);
    assertThat(distance(quantized, before)).isGreaterThan(1e-3);
  }

  @Test
  void givenAnAttentionWithOneProductOfQueriesAndKeys_whenLayersArePlain_thenItsPathIsTold() {
    Module model = network();
    new PrepareQuantization(WEIGHTS.withQueryKeyReparameterization(true), sums()).apply(model);

    assertThat(PlainLayers.replaceIn(model)).containsExactly("attn");
  }

  private static double distance(Tensor one, Tensor other) {
    return Scope.computeWithoutGradient(() -> one.sub(other).abs().max()).item_double();
  }
}
