package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Attention;
import io.github.steelyard.nn.AttentionConfiguration;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.nn.StateDictException;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.runtime.Seeds;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizationBadInputTest {
  private static final QuantizationConfiguration LSQ =
      SmallModels.configuration(4, WeightMethod.LSQ, false);
  private static final QuantizationConfiguration QKR =
      SmallModels.configuration(4, WeightMethod.STATSQ, true);

  /** What a refused transform must leave alone. */
  private record Snapshot(
      Map<String, Module> modules, Map<String, Tensor> state, Map<String, Boolean> modes) {
    static Snapshot of(Module model) {
      Map<String, Boolean> modes = new LinkedHashMap<>();
      model.namedModules().forEach((path, module) -> modes.put(path, module.isTraining()));
      return new Snapshot(model.namedModules(), SmallModels.copy(model), modes);
    }

    void requireUnchanged(Module model) {
      Snapshot now = of(model);
      assertThat(now.modules).isEqualTo(modules);
      assertThat(now.modes).isEqualTo(modes);
      assertThat(now.state.keySet()).isEqualTo(state.keySet());
      now.state.forEach(
          (name, tensor) ->
              assertThat(torch.allclose(tensor, state.get(name), 0, 0, true)).as(name).isTrue());
    }
  }

  private static void requireRefused(Module model, PrepareQuantization prepare, String... message) {
    Snapshot before = Snapshot.of(model);
    assertThatThrownBy(() -> prepare.apply(model))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .contains(message);
    before.requireUnchanged(model);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 9, 16, 33})
  void givenBitsOutOfRange_whenAConfigurationIsMade_thenTheErrorNamesThem(int bits) {
    List<Consumer<Integer>> makers =
        List.of(
            b -> QuantizationConfiguration.of(b, 4),
            b -> QuantizationConfiguration.of(4, b),
            b -> new LayerBits(b, 4),
            b -> new StatsQ(b),
            b -> new Lsq(b, Slice.TENSOR, Signedness.SIGNED),
            b -> ActivationQuantizerConfiguration.of(b, Slice.TOKEN, Signedness.SIGNED, 0));
    makers.forEach(
        maker ->
            assertThatThrownBy(() -> maker.accept(bits))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 to 8")
                .hasMessageContaining(String.valueOf(bits)));
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY})
  void givenWeightsThatAreNotFinite_whenPrepared_thenTheErrorNamesTheParameter(double value) {
    Module model = SmallModels.create("vit");
    model
        .namedParameters()
        .get("blocks.1.mlp.fc1.weight")
        .tensor()
        .detach()
        .view(-1)
        .get(5)
        .fill_(new Scalar(value));

    requireRefused(
        model,
        PrepareQuantization.withoutSample(QKR),
        "blocks.1.mlp.fc1.weight",
        "NaN or infinite");
  }

  @Test
  void givenWeightsThatBecameNaN_whenConvertedOrPacked_thenTheErrorNamesTheLayer() {
    for (QuantizationConfiguration configuration : List.of(LSQ, QKR)) {
      Module model = SmallModels.prepared("vit", configuration);
      ((QuantizedLinear) model.getSubmodule("blocks.1.mlp.fc2"))
          .ownParameters()
          .get("weight")
          .tensor()
          .detach()
          .view(-1)
          .get(5)
          .fill_(new Scalar(Double.NaN));
      Snapshot before = Snapshot.of(model);

      assertThatThrownBy(() -> new ConvertQuantization().apply(model))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'blocks.1.mlp.fc2'")
          .hasMessageContaining("NaN");
      before.requireUnchanged(model);
    }
  }

  @Test
  void givenASampleThatIsUnusable_whenPrepared_thenTheModelIsUnchanged() {
    Tensor nan = SmallModels.images(2);
    nan.view(-1).get(7).fill_(new Scalar(Double.NaN));
    Module model = SmallModels.create("vit");
    model.getSubmodule("blocks.0").eval();

    requireRefused(model, new PrepareQuantization(QKR, nan), "sample", "NaN or infinite");
    requireRefused(
        model, new PrepareQuantization(QKR, torch.randn(0, 1, 28, 28)), "sample", "empty");
    requireRefused(model, new PrepareQuantization(QKR, torch.randn(2, 1, 20, 20)), "20, 20");
    requireRefused(
        model, new PrepareQuantization(LSQ, torch.randn(2, 3, 28, 28)), "patch_embed", "3, 28");
  }

  /** Its hidden activation is infinite, its output is not. */
  private static final class Saturated extends Module {
    private final Submodule first = submodule("first", new Linear(4, 4));
    private final Submodule second = submodule("second", new Linear(4, 4));
    private final Submodule third = submodule("third", new Linear(4, 2));

    @Override
    public Tensor forward(Tensor input) {
      Tensor hidden = first.forward(input).exp().exp().exp();
      return third.forward(second.forward(hidden).tanh());
    }
  }

  @Test
  void givenActivationsThatOverflow_whenPrepared_thenLayersAndWeightsArePutBack() {
    Module model = new Saturated();
    Tensor sample = torch.full(new long[] {2, 4}, new Scalar(50.0));
    Tensor first = ((Linear) model.getSubmodule("first")).weight().tensor().detach();
    first.fill_(new Scalar(1.0));

    requireRefused(model, new PrepareQuantization(LSQ, sample), "first scale", "infinite");
    assertThat(((Linear) model.getSubmodule("first")).weight().parametrizations()).isEmpty();
    assertThat(new PrepareQuantization(LSQ, torch.zeros(2, 4).sub(new Scalar(3.0))).apply(model))
        .isSameAs(model);
  }

  @Test
  void givenInputsThatAreNotFiniteLater_whenAPreparedModelRuns_thenNaNIsSeenAndInfinityClamped() {
    Lsq lsq = new Lsq(3, Slice.TENSOR, Signedness.SIGNED);
    lsq.forward(torch.randn(4));
    double s = lsq.scale().tensor().item_double();

    Tensor y =
        lsq.forward(torch.tensor(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0f));

    assertThat(y.get(0).item_double()).isNaN();
    assertThat(y.get(1).item_double()).isEqualTo(3 * s);
    assertThat(y.get(2).item_double()).isEqualTo(-4 * s);
  }

  @ParameterizedTest
  @CsvSource({"STATSQ, true", "LSQ, false"})
  void givenAnotherNumberOfTokens_whenAPreparedModelRuns_thenTheErrorNamesTheLayer(
      WeightMethod method, boolean reparameterized) {
    Module attention =
        new PrepareQuantization(
                SmallModels.configuration(4, method, reparameterized), torch.randn(2, 5, 12))
            .apply(new Attention(AttentionConfiguration.of(12, 3)));

    assertThatThrownBy(() -> attention.forward(torch.randn(2, 6, 12)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("input_quantizer")
        .hasMessageContaining("with 5 slices")
        .hasMessageContaining("[2, 6, 12]");
    assertThat(attention.forward(torch.randn(1, 5, 12)).shape()).containsExactly(1, 5, 12);
  }

  @Test
  void givenHeadsThatDoNotDivideTheDimension_whenAnAttentionIsMade_thenTheErrorNamesBoth() {
    assertThatThrownBy(() -> AttentionConfiguration.of(10, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("10")
        .hasMessageContaining("3");
    assertThatThrownBy(
            () -> new QueryKeyProduct(torch.randn(10, 10), torch.randn(10, 10), 3, new StatsQ(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(10) must be a multiple of heads, but heads is 3");
    assertThatThrownBy(
            () -> new QueryKeyProduct(torch.randn(10, 8), torch.randn(10, 8), 2, new StatsQ(2)))
        .hasMessageContaining("square matrices of one shape, but are [10, 8]");
  }

  @Test
  void givenAStateOfOtherBits_whenItIsLoaded_thenItIsRefusedAndTheModelUnchanged() {
    Module two = SmallModels.prepared("vit", SmallModels.configuration(2, WeightMethod.LSQ, false));
    for (LayerBits bits : List.of(new LayerBits(3, 2), new LayerBits(2, 3))) {
      Module other =
          SmallModels.prepared(
              "vit",
              new QuantizationConfiguration(
                  bits, WeightMethod.LSQ, false, new LayerBits(8, 8), List.of()));
      Snapshot before = Snapshot.of(other);
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
    Module statsq =
        SmallModels.prepared("vit", SmallModels.configuration(4, WeightMethod.STATSQ, false));
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

  @Test
  void givenATransformInTheWrongOrder_whenApplied_thenTheErrorSaysWhatIsThere() {
    Module model = SmallModels.create("vit");
    ConvertQuantization convert = new ConvertQuantization();
    assertThatThrownBy(() -> convert.apply(model)).hasMessageContaining("prepare it first");
    new PrepareQuantization(QKR, SmallModels.images(2)).apply(model);
    requireRefused(
        model, new PrepareQuantization(LSQ, SmallModels.images(2)), "quantized already", "'");
    convert.apply(model);
    assertThatThrownBy(() -> convert.apply(model)).hasMessageContaining("converted already");
    requireRefused(model, PrepareQuantization.withoutSample(LSQ), "quantized already");
  }

  @Test
  void givenAConfigurationThatDoesNotFit_whenPrepared_thenTheErrorSaysWhatWould() {
    Module model = SmallModels.create("vit");
    LayerBits none = new LayerBits(LayerBits.FLOAT, LayerBits.FLOAT);
    QuantizationConfiguration nothing =
        new QuantizationConfiguration(none, WeightMethod.LSQ, false, none, List.of());

    requireRefused(
        model,
        PrepareQuantization.withoutSample(LSQ.withLayers("blocks.0.mlp.fc3", none)),
        "'blocks.0.mlp.fc3' matches no layer",
        "blocks.0.mlp.fc1");
    requireRefused(model, PrepareQuantization.withoutSample(nothing), "every layer in floating");
    requireRefused(
        model,
        PrepareQuantization.withoutSample(LSQ.withLayers("*.qkv", none)),
        "'blocks.0.attn.proj' cannot be quantized while 'blocks.0.attn.qkv'");
    requireRefused(new ReLU(), PrepareQuantization.withoutSample(LSQ), "no Linear");
    assertThatThrownBy(() -> LSQ.withQueryKeyReparameterization(true))
        .hasMessageContaining("withMethod(STATSQ)");
    assertThatThrownBy(() -> LSQ.withLayers(" ", none)).hasMessageContaining("it is empty");
  }

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
  @EnumSource
  void givenALayerInTwoPlaces_whenPreparedAndConverted_thenBothShareOneWeight(WeightMethod method) {
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
    requireRefused(
        new Tied(),
        new PrepareQuantization(LSQ.withLayers("two", new LayerBits(2, 2)), torch.randn(8, 4)),
        "'one' and 'two' share one weight",
        "4 bits",
        "2 bits");
  }

  @ParameterizedTest
  @CsvSource({"vit, STATSQ, true", "vit, LSQ, false", "resnet8, STATSQ, false", "mlp, LSQ, false"})
  void givenABatchOfOneOrNone_whenAPreparedModelRuns_thenItGivesAsManyOutputs(
      String name, WeightMethod method, boolean reparameterized) {
    Module model =
        SmallModels.prepared(name, SmallModels.configuration(2, method, reparameterized));
    model.eval();
    assertThat(model.forward(torch.randn(1, 1, 28, 28)).shape()).containsExactly(1, 10);
    assertThat(model.forward(torch.randn(0, 1, 28, 28)).shape()).containsExactly(0, 10);
    if (!name.equals("resnet8")) { // Batch statistics of nothing do not exist.
      model.train();
      model.forward(torch.randn(0, 1, 28, 28)).sum().backward();
      model
          .namedParameters()
          .forEach(
              (key, parameter) -> {
                if (parameter.grad().defined()) {
                  assertThat(parameter.grad().isfinite().all().item_bool()).as(key).isTrue();
                }
              });
    }
  }

  @Test
  void givenAnEmptyFirstBatch_whenAQuantizerRuns_thenTheErrorSaysSo() {
    Lsq lsq = new Lsq(4, Slice.TOKEN, Signedness.FROM_DATA);
    assertThatThrownBy(() -> lsq.forward(torch.randn(0, 4, 6)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("first scale from an empty tensor of shape [0, 4, 6]");
    assertThat(lsq.isInitialized()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "Double, STATSQ, true",
    "Double, LSQ, false",
    "BFloat16, STATSQ, true",
    "BFloat16, LSQ, false",
  })
  void givenAModelOfAnotherType_whenTrainedAndConverted_thenItsTypeAndOutputsStay(
      ScalarType type, WeightMethod method, boolean reparameterized) {
    for (int bits : new int[] {1, 3, 8}) {
      Seeds.set(bits);
      Module model = SmallModels.create("vit");
      model.to(type);
      Tensor images = SmallModels.images(8).to(type);
      Module prepared =
          new PrepareQuantization(SmallModels.configuration(bits, method, reparameterized), images)
              .apply(model);
      prepared.forward(images).sum().backward();
      Tensor expected = SmallModels.logits(prepared, images);
      Tensor converted = new ConvertQuantization().apply(prepared).forward(images);
      assertThat(converted.scalar_type().intern()).isEqualTo(type);
      assertThat(torch.equal(converted, expected)).as("%d bits", bits).isTrue();
    }
  }
}
