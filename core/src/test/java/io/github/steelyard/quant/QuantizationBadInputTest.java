package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Attention;
import io.github.steelyard.nn.AttentionConfiguration;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.runtime.Seeds;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizationBadInputTest {
  private static final QuantizationConfiguration LSQ = SmallModels.configuration(4, "lsq", false);
  private static final QuantizationConfiguration QKR = SmallModels.configuration(4, "statsq", true);

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

    ModelSnapshot.requireRefused(
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
      ModelSnapshot before = ModelSnapshot.of(model);

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

    ModelSnapshot.requireRefused(
        model, new PrepareQuantization(QKR, nan), "sample", "NaN or infinite");
    ModelSnapshot.requireRefused(
        model, new PrepareQuantization(QKR, torch.randn(0, 1, 28, 28)), "sample", "empty");
    ModelSnapshot.requireRefused(
        model, new PrepareQuantization(QKR, torch.randn(2, 1, 20, 20)), "20, 20");
    ModelSnapshot.requireRefused(
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

    ModelSnapshot.requireRefused(
        model, new PrepareQuantization(LSQ, sample), "first scale", "infinite");
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
  @CsvSource({"statsq, true", "lsq, false"})
  void givenAnotherNumberOfTokens_whenAPreparedModelRuns_thenTheErrorNamesTheLayer(
      String method, boolean reparameterized) {
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
  void givenATransformInTheWrongOrder_whenApplied_thenTheErrorSaysWhatIsThere() {
    Module model = SmallModels.create("vit");
    ConvertQuantization convert = new ConvertQuantization();
    assertThatThrownBy(() -> convert.apply(model)).hasMessageContaining("prepare it first");
    new PrepareQuantization(QKR, SmallModels.images(2)).apply(model);
    ModelSnapshot.requireRefused(
        model, new PrepareQuantization(LSQ, SmallModels.images(2)), "quantized already", "'");
    convert.apply(model);
    assertThatThrownBy(() -> convert.apply(model)).hasMessageContaining("converted already");
    ModelSnapshot.requireRefused(
        model, PrepareQuantization.withoutSample(LSQ), "quantized already");
  }

  @Test
  void givenAConfigurationThatDoesNotFit_whenPrepared_thenTheErrorSaysWhatWould() {
    Module model = SmallModels.create("vit");
    LayerBits none = new LayerBits(LayerBits.FLOAT, LayerBits.FLOAT);
    QuantizationConfiguration nothing =
        new QuantizationConfiguration(none, "lsq", false, none, List.of());

    ModelSnapshot.requireRefused(
        model,
        PrepareQuantization.withoutSample(LSQ.withLayers("blocks.0.mlp.fc3", none)),
        "'blocks.0.mlp.fc3' matches no layer",
        "blocks.0.mlp.fc1");
    ModelSnapshot.requireRefused(
        model, PrepareQuantization.withoutSample(nothing), "every layer in floating");
    ModelSnapshot.requireRefused(
        model,
        PrepareQuantization.withoutSample(LSQ.withLayers("*.qkv", none)),
        "'blocks.0.attn.proj' cannot be quantized while 'blocks.0.attn.qkv'");
    ModelSnapshot.requireRefused(new ReLU(), PrepareQuantization.withoutSample(LSQ), "no Linear");
    assertThatThrownBy(() -> LSQ.withQueryKeyReparameterization(true))
        .hasMessageContaining("withMethod(\"statsq\")");
    assertThat(QKR.withMethod("lsq").queryKeyReparameterization()).isFalse();
    assertThat(QKR.withMethod("lsq").withMethod("statsq").queryKeyReparameterization()).isFalse();
    assertThat(QKR.withMethod("statsq")).isEqualTo(QKR);
    assertThatThrownBy(() -> QKR.withMethod("stats")).hasMessageContaining("mean 'statsq'");
    assertThatThrownBy(() -> LSQ.withLayers(" ", none)).hasMessageContaining("it is empty");
  }

  @ParameterizedTest
  @CsvSource({"vit, statsq, true", "vit, lsq, false", "resnet8, statsq, false", "mlp, lsq, false"})
  void givenABatchOfOneOrNone_whenAPreparedModelRuns_thenItGivesAsManyOutputs(
      String name, String method, boolean reparameterized) {
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
    "Double, statsq, true",
    "Double, lsq, false",
    "BFloat16, statsq, true",
    "BFloat16, lsq, false",
  })
  void givenAModelOfAnotherType_whenTrainedAndConverted_thenItsTypeAndOutputsStay(
      ScalarType type, String method, boolean reparameterized) {
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
