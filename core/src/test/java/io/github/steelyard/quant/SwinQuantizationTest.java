package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Reference;
import io.github.steelyard.nn.ShapeException;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.WindowAttention;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.nn.models.SwinTransformer;
import io.github.steelyard.nn.models.SwinTransformerConfiguration;
import io.github.steelyard.nn.models.TransformerDropout;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Swin transformers: attention inside shifted windows, perceptrons on maps, merged patches. */
@Tag("once")
class SwinQuantizationTest {
  private static final String SHIFTED = "layers.0.blocks.1.attn";

  /** A map of side 8 in four windows of 16 tokens, then a map of side 4 in one window. */
  private static Module model() {
    return Reference.fill(
        new SwinTransformer(
            new SwinTransformerConfiguration(
                16, 2, 1, 3, 8, List.of(2, 1), List.of(2, 4), 4, 2, TransformerDropout.none())));
  }

  private static Tensor images() {
    return Reference.noise(1000, 4, 1, 16, 16).to(ScalarType.Float);
  }

  static Stream<QuantizationConfiguration> variants() {
    QuantizationConfiguration two = QuantizationConfiguration.of(2, 2);
    QuantizationConfiguration plain = two.withQueryKeyReparameterization(false);
    return Stream.of(two, plain, plain.withMethod("lsq"), QuantizationConfiguration.of(3, 32));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void givenAPreparedSwin_whenItTrains_thenEveryParameterGetsAGradient(
      QuantizationConfiguration configuration) {
    Module prepared = new PrepareQuantization(configuration, images()).apply(model());
    Scope.run(
        () -> {
          Tensor logits = prepared.forward(images());
          assertThat(logits.shape()).containsExactly(4, 3);
          logits.mul(Reference.noise(7, 4, 3).to(ScalarType.Float)).sum().backward();
          prepared
              .namedParameters()
              .forEach(
                  (name, parameter) -> {
                    assertThat(parameter.grad().defined()).as(name).isTrue();
                    assertThat(parameter.grad().isfinite().all().item_bool()).as(name).isTrue();
                  });
          Parameter table =
              prepared.namedParameters().get(SHIFTED + ".relative_position_bias_table");
          assertThat(table.grad().abs().sum().item_double()).isPositive();
        });
  }

  @ParameterizedTest
  @MethodSource("variants")
  void givenAPreparedSwin_whenItIsConverted_thenItsLogitsStayBitForBit(
      QuantizationConfiguration configuration) {
    Module prepared = new PrepareQuantization(configuration, images()).apply(model());
    prepared.eval();
    Scope.withoutGradient(
        () -> {
          Tensor before = prepared.forward(images());
          Module converted = new ConvertQuantization().apply(prepared);
          assertThat(torch.equal(converted.forward(images()), before)).isTrue();
          assertThat(QuantizedWeight.of(converted)).isEmpty();
        });
  }

  @Test
  void givenTwoBits_whenASwinIsPrepared_thenScalesBelongToTheTokensOfAWindow() {
    Module prepared =
        new PrepareQuantization(QuantizationConfiguration.of(2, 2), images()).apply(model());
    assertThat(prepared.getSubmodule(SHIFTED)).isInstanceOf(QueryKeyAttention.class);
    assertScales(prepared, SHIFTED + ".input_quantizer", 16);
    assertScales(prepared, SHIFTED + ".product_quantizer", 2 * 16);
    assertScales(prepared, SHIFTED + ".value_quantizer", 8);
    assertScales(prepared, SHIFTED + ".probability_quantizer", 16);
    assertScales(prepared, SHIFTED + ".proj.input_quantizer", 16);
    // Perceptrons see whole maps, where a scale serves a column.
    assertScales(prepared, "layers.0.blocks.1.mlp.fc1.input_quantizer", 8);
    assertScales(prepared, "layers.0.blocks.1.mlp.fc2.input_quantizer", 8);
    assertScales(prepared, "layers.1.downsample.reduction.input_quantizer", 4);
    assertThat(quantizer(prepared, "layers.0.blocks.1.mlp.fc2.input_quantizer").isSigned())
        .isFalse();
    assertThat(quantizer(prepared, "patch_embed.proj.input_quantizer").bits()).isEqualTo(8);
    assertThat(quantizer(prepared, "head.fc.input_quantizer").bits()).isEqualTo(8);
    Module plain =
        new PrepareQuantization(
                QuantizationConfiguration.of(2, 2).withQueryKeyReparameterization(false), images())
            .apply(model());
    assertScales(plain, SHIFTED + ".qkv.input_quantizer", 16);
    assertScales(plain, SHIFTED + ".query_quantizer", 16);
    assertScales(plain, SHIFTED + ".key_quantizer", 16);
  }

  private static Lsq quantizer(Module model, String path) {
    return ((ActivationQuantizer) model.getSubmodule(path)).quantizer();
  }

  private static void assertScales(Module model, String path, long count) {
    assertThat(quantizer(model, path).scale().shape()).as(path).containsExactly(count);
  }

  static Stream<QuantizationConfiguration> eightBits() {
    QuantizationConfiguration weights =
        QuantizationConfiguration.of(8, LayerBits.FLOAT)
            .withEdges(new LayerBits(LayerBits.FLOAT, LayerBits.FLOAT));
    return Stream.of(weights, weights.withQueryKeyReparameterization(false));
  }

  /**
   * Weights of one size in each layer, which StatsQ does not clip; queries and keys whose product
   * has entries of one size too, and no biases, which reparameterization drops.
   */
  @ParameterizedTest
  @MethodSource("eightBits")
  void givenEightBits_whenASwinIsPrepared_thenItsLogitsAreAlmostThoseOfFullPrecision(
      QuantizationConfiguration configuration) {
    Module model = model();
    model.namedModules().values().stream()
        .filter(Linear.class::isInstance)
        .forEach(linear -> evenWeights((Linear) linear));
    model.namedModules().values().stream()
        .filter(WindowAttention.class::isInstance)
        .forEach(attention -> evenProducts((WindowAttention) attention));
    model.eval();
    Scope.withoutGradient(
        () -> {
          Tensor expected = model.forward(images());
          double largest = expected.abs().max().item_double();
          Module prepared = new PrepareQuantization(configuration, images()).apply(model);
          double error = prepared.forward(images()).sub(expected).abs().max().item_double();
          assertThat(error).isLessThan(0.05 * largest);
        });
  }

  private static void evenWeights(Linear linear) {
    Scope.withoutGradient(
        () -> {
          Tensor weight = linear.weight().tensor();
          weight.copy_(weight.sign().mul(weight.abs().mean()));
        });
  }

  private static void evenProducts(WindowAttention attention) {
    long dimension = attention.configuration().dimension();
    long size = attention.configuration().headDimension();
    Linear qkv = (Linear) attention.children().get("qkv");
    Scope.withoutGradient(
        () -> {
          Tensor rows = qkv.weight().tensor().narrow(0, 0, 2 * dimension).view(-1, size, dimension);
          Tensor signs = rows.select(1, 0).sign();
          rows.zero_();
          rows.select(1, 0).copy_(signs.mul(new Scalar(0.6)));
          qkv.bias().orElseThrow().tensor().narrow(0, 0, 2 * dimension).zero_();
        });
  }

  @ParameterizedTest
  @MethodSource("variants")
  void givenShiftedWindows_whenAQuantizedSwinRuns_thenStrangersDoNotSeeEachOther(
      QuantizationConfiguration configuration) {
    Module prepared = new PrepareQuantization(configuration, images()).apply(model());
    Scope.withoutGradient(
        () -> {
          Tap tap = prepared.getTap(SHIFTED + ".probabilities");
          try (Tap.Registration reading =
              tap.observe(
                  p -> {
                    assertThat(p.shape()).containsExactly(4 * 4, 2, 16, 16);
                    // The first token of an image's last window comes from another part of the
                    // map than the last token, but from the same as the second.
                    Tensor first = p.select(0, 3).select(1, 0);
                    assertThat(first.select(1, 15).max().item_double()).isLessThan(1e-30);
                    assertThat(first.select(1, 1).min().item_double()).isGreaterThan(1e-6);
                  })) {
            assertThat(reading).isNotNull();
            prepared.forward(images());
          }
        });
  }

  @Test
  void givenTokensThatAreNoWindows_whenAQuantizedWindowAttentionRuns_thenTheErrorNamesIt() {
    Module prepared =
        new PrepareQuantization(QuantizationConfiguration.of(2, 2), images()).apply(model());
    Module attention = prepared.getSubmodule(SHIFTED);
    assertThatThrownBy(() -> attention.forward(torch.zeros(6, 16, 8)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("a multiple of 4, 16, 8")
        .hasMessageContaining("[6, 16, 8]");
  }

  @Test
  void givenAQuantizedSwinOfTheRegister_whenItIsPacked_thenTheFileGivesTheSameLogits(
      @TempDir Path folder) throws Exception {
    Seeds.set(5);
    String name = "swin_mini_patch2_window7_28";
    Tensor sample = Reference.noise(3, 2, 1, 28, 28).to(ScalarType.Float);
    QuantizationConfiguration configuration = QuantizationConfiguration.of(2, 2);
    Module prepared =
        new PrepareQuantization(configuration, sample)
            .apply(Models.create(name, ModelOptions.none()));
    prepared.eval();
    Path file = folder.resolve("packed.safetensors");
    PackedModel.save(
        file,
        prepared,
        configuration,
        Optional.of(new PackedModel.Origin(name, ModelOptions.none())),
        Provenance.now(5, Map.of(), Map.of(), List.of()));
    Module loaded = PackedModel.load(file);
    Scope.withoutGradient(
        () -> assertThat(torch.equal(loaded.forward(sample), prepared.forward(sample))).isTrue());
  }

  @ParameterizedTest
  @MethodSource("variants")
  void givenSwinTiny_whenItIsPrepared_thenEachOfItsWeightsIsQuantized(
      QuantizationConfiguration configuration) {
    Module prepared =
        PrepareQuantization.withoutSample(configuration)
            .apply(Models.create("swin_tiny_patch4_window7_224", ModelOptions.none()));
    int inBlock = configuration.queryKeyReparameterization() ? 5 : 4;
    assertThat(QuantizedWeight.of(prepared)).hasSize(1 + 12 * inBlock + 3 + 1);
    assertThat(prepared.namedModules().values()).noneMatch(Linear.class::isInstance);
  }
}
