package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.StateDictException;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuantizedStateTest {
  private static final QuantizationConfiguration LSQ = SmallModels.configuration(4, "lsq", false);
  private static final QuantizationConfiguration QKR = SmallModels.configuration(4, "statsq", true);

  @Test
  void givenAStateOfOtherBits_whenItIsLoaded_thenItIsRefusedAndTheModelUnchanged() {
    Module two = SmallModels.prepared("vit", SmallModels.configuration(2, "lsq", false));
    for (LayerBits bits : List.of(new LayerBits(3, 2), new LayerBits(2, 3))) {
      Module other =
          SmallModels.prepared(
              "vit",
              new QuantizationConfiguration(bits, "lsq", false, new LayerBits(8, 8), List.of()));
      ModelSnapshot before = ModelSnapshot.of(other);
      assertThatThrownBy(() -> other.loadStateDict(two.stateDict()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("bits' is 2 in the state dict, but this model was prepared with 3")
          .hasMessageContaining("blocks.0");
      before.requireUnchanged(other);
    }
  }

  @Test
  void givenAStateOfAnotherMethod_whenItIsLoaded_thenTheErrorListsWhatDiffers() {
    Module lsq = SmallModels.prepared("vit", LSQ);
    Module statsq = SmallModels.prepared("vit", SmallModels.configuration(4, "statsq", false));
    Module reparameterized = SmallModels.prepared("vit", QKR);

    assertThatThrownBy(() -> statsq.loadStateDict(lsq.stateDict()))
        .isInstanceOf(StateDictException.class)
        .hasMessageContaining("unexpected")
        .hasMessageContaining("parametrizations.weight.0.scale");
    assertThatThrownBy(() -> lsq.loadStateDict(statsq.stateDict()))
        .isInstanceOf(StateDictException.class)
        .hasMessageContaining("missing");
    assertThatThrownBy(() -> reparameterized.loadStateDict(statsq.stateDict()))
        .isInstanceOf(StateDictException.class)
        .hasMessageContaining("product");
    ConvertQuantization convert = new ConvertQuantization();
    convert.apply(lsq);
    convert.apply(statsq);
    assertThatThrownBy(() -> statsq.loadStateDict(lsq.stateDict()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("weight.levels")
        .hasMessageContaining("[4, -8, 0]")
        .hasMessageContaining("[4, -8, 1]");
  }
}
