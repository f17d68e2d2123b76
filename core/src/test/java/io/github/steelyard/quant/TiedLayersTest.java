package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Submodule;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TiedLayersTest {
  /** Two layers with one weight between two others. */
  private static final class Tied extends Module {
    private final Submodule in = submodule("in", new Linear(4, 4));
    private final Submodule one;
    private final Submodule two;
    private final Submodule out;

    Tied() {
      Linear shared = new Linear(4, 4);
      one = submodule("one", shared);
      two = submodule("two", shared);
      out = submodule("out", new Linear(4, 2));
    }

    @Override
    public Tensor forward(Tensor input) {
      return out.forward(two.forward(one.forward(in.forward(input)).relu()).relu());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lsq", "statsq"})
  void givenALayerInTwoPlaces_whenPreparedAndConverted_thenBothShareOneWeight(String method) {
    Module model = new Tied();
    Tensor inputs = torch.randn(8, 4);
    Module prepared =
        new PrepareQuantization(SmallModels.configuration(3, method, false), inputs).apply(model);

    Parameter one = prepared.getSubmodule("one").ownParameters().get("weight");
    assertThat(prepared.getSubmodule("two").ownParameters().get("weight")).isSameAs(one);
    assertThat(one.parametrizations()).hasSize(1);
    Tensor expected = SmallModels.logits(prepared, inputs);
    assertThat(torch.equal(new ConvertQuantization().apply(prepared).forward(inputs), expected))
        .isTrue();
  }

  @Test
  void givenTiedLayersWithOtherBits_whenPrepared_thenTheErrorNamesBoth() {
    ModelSnapshot.requireRefused(
        new Tied(),
        new PrepareQuantization(
            SmallModels.configuration(4, "lsq", false).withLayers("two", new LayerBits(2, 2)),
            torch.randn(8, 4)),
        "'one' and 'two' share one weight",
        "4 bits",
        "2 bits");
  }
}
