package io.github.steelyard.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.io.onnx.OnnxExport;
import io.github.steelyard.io.onnx.OnnxFile;
import io.github.steelyard.io.onnx.OnnxOptions;
import io.github.steelyard.io.onnx.OnnxRun;
import io.github.steelyard.io.onnx.OnnxStorage;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IntegerExportTest {
  private static final long[] IMAGE = {1, 28, 28};

  @TempDir Path folder;

  /** A layer for [n, 5, in] whose shifts are not 0. */
  private static QuantizedLinear layer(String method, int bits, int in, int out) {
    Seeds.set(bits);
    QuantizedLinear layer =
        new QuantizedLinear(
            new Linear(in, out),
            Optional.of(
                ActivationQuantizerConfiguration.of(bits, Slice.TOKEN, Signedness.SIGNED, in)),
            Quantizers.create(method, bits));
    layer.eval();
    Scope.withoutGradient(() -> layer.forward(torch.randn(4, 5, in)));
    shift(layer);
    return layer;
  }

  private static void shift(Module module) {
    Scope.withoutGradient(
        () ->
            module
                .namedParameters()
                .forEach(
                    (name, parameter) -> {
                      if (name.contains("shift_")) {
                        parameter.tensor().normal_(0, 0.1, new GeneratorOptional());
                      }
                    }));
  }

  private Tensor run(Module module, Tensor input, long[] shape, OnnxOptions options)
      throws Exception {
    Path file = folder.resolve("model.onnx");
    OnnxFile.save(file, module, shape, options);
    try (OnnxRun run = new OnnxRun(file)) {
      return run.logits(input);
    }
  }

  private static Tensor forward(Module module, Tensor input) {
    return Scope.computeWithoutGradient(() -> module.forward(input));
  }

  private static double distance(Tensor a, Tensor b) {
    return a.sub(b).abs().max().item_double();
  }

  @ParameterizedTest
  @CsvSource({"lsq, 1", "lsq, 2", "lsq, 4", "lsq, 8", "statsq, 1", "statsq, 2", "statsq, 7"})
  void givenALayer_whenItMultipliesIntegers_thenItGivesTheFloatsOfTheLibraryForAnyBatch(
      String method, int bits) throws Exception {
    QuantizedLinear layer = layer(method, bits, 48, 12);
    for (int batch : new int[] {1, 3, 8}) {
      Tensor input = torch.randn(batch, 5, 48);
      Tensor expected = forward(layer, input);
      Tensor found = run(layer, input, new long[] {5, 48}, OnnxOptions.defaults());
      assertThat(found.shape()).containsExactly(batch, 5, 12);
      assertThat(distance(found, expected)).isLessThan(1e-5 * expected.abs().max().item_double());
    }
    OnnxExport written =
        OnnxFile.save(folder.resolve("m.onnx"), layer, new long[] {5, 48}, OnnxOptions.defaults());
    // One signed bit of an activation is a sign, which has no 0.
    assertThat(written.integerProducts()).isEqualTo(bits == 1 ? 0 : 1);
    assertThat(written.floatProducts()).hasSize(bits == 1 ? 1 : 0);
  }

  @Test
  void givenEightBitHalfIntegers_whenExported_thenTheLayerStaysInFloatAndIsNamed()
      throws Exception {
    QuantizedLinear layer = layer("statsq", 8, 48, 12);
    OnnxExport written =
        OnnxFile.save(folder.resolve("m.onnx"), layer, new long[] {5, 48}, OnnxOptions.defaults());
    assertThat(written.integerProducts()).isZero();
    assertThat(written.floatProducts()).containsExactly("MatMul");
    Tensor input = torch.randn(2, 5, 48);
    Tensor expected = forward(layer, input);
    Tensor found = run(layer, input, new long[] {5, 48}, OnnxOptions.defaults());
    assertThat(distance(found, expected)).isLessThan(1e-5 * expected.abs().max().item_double());
  }

  @ParameterizedTest
  @CsvSource({"2, false", "4, false", "2, true"})
  void givenATransformer_whenItMultipliesIntegers_thenLogitsAreThoseOfFloatsUntilALevelTurns(
      int bits, boolean reparameterized) throws Exception {
    Module model =
        SmallModels.prepared("vit", SmallModels.configuration(bits, "statsq", reparameterized));
    shift(model);
    model.eval();
    Tensor images = SmallModels.images(24);
    Tensor expected = forward(model, images);
    OnnxExport written =
        OnnxFile.save(folder.resolve("m.onnx"), model, IMAGE, OnnxOptions.defaults());
    // Patches, classifier, and in each of two blocks: queries, keys, values, logits, attended
    // values and their sums of probabilities, projection and two layers.
    assertThat(written.integerProducts()).isEqualTo(2 + 2 * (reparameterized ? 8 : 9));
    assertThat(written.floatProducts())
        .containsExactly("blocks.0.attn/MatMul", "blocks.1.attn/MatMul");
    Tensor found = run(model, images, IMAGE, OnnxOptions.defaults());
    Tensor worst = found.sub(expected).abs().amax(new long[] {1}, false);
    double rounding = 1e-5 * expected.abs().max().item_double();
    assertThat(worst.le(new Scalar(rounding)).sum().item_long()).isGreaterThanOrEqualTo(20);
  }

  @Test
  void givenEveryStorageAndOperatorSet_whenExported_thenAllComputeTheSameNumbers()
      throws Exception {
    Module model = SmallModels.prepared("vit", SmallModels.configuration(2, "statsq", true));
    model.eval();
    Tensor images = SmallModels.images(3);
    Tensor first = run(model, images, IMAGE, OnnxOptions.defaults());
    for (OnnxOptions options :
        List.of(
            new OnnxOptions(21, OnnxStorage.NATIVE, true),
            new OnnxOptions(25, OnnxStorage.NATIVE, true),
            new OnnxOptions(18, OnnxStorage.INT8, true),
            new OnnxOptions(18, OnnxStorage.PACKED, true))) {
      assertThat(distance(run(model, images, IMAGE, options), first)).as("%s", options).isZero();
    }
  }

  @Test
  void givenOptionsThatDoNotFit_whenTheyAreMade_thenTheMessageHasTheNearest() {
    assertThatThrownBy(() -> new OnnxOptions(17, OnnxStorage.PACKED, true))
        .hasMessageContaining("18 to 25")
        .hasMessageContaining("17; the nearest is 18");
    assertThatThrownBy(() -> new OnnxOptions(20, OnnxStorage.NATIVE, true))
        .hasMessageContaining("need operator set 21, but it is 20");
  }

  @Test
  void givenSumsThatCouldLeave32Bits_whenExported_thenTheLayerIsRefusedWithTheBound()
      throws Exception {
    int inner = 140_000; // 128 · 128 · 140,000 > 2^31 - 1
    QuantizedLinear layer = layer("lsq", 8, inner, 1);
    Lsq quantizer = (Lsq) layer.quantizedWeight().orElseThrow().quantizer();
    quantizer.forward(layer.quantizedWeight().orElseThrow().latent());
    Scope.withoutGradient(
        () -> {
          layer.quantizedWeight().orElseThrow().latent().fill_(new Scalar(-1.0));
          quantizer.scale().tensor().fill_(new Scalar(1.0 / 128));
        });
    Path file = folder.resolve("wide.onnx");
    assertThatThrownBy(
            () -> OnnxFile.save(file, layer, new long[] {5, inner}, OnnxOptions.defaults()))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("a sum of 140000 products of up to 16384")
        .hasMessageContaining("takes 131071 of them");
    assertThat(file).doesNotExist();
    OnnxFile.save(file, layer, new long[] {5, inner}, OnnxOptions.defaults().inFloat());
    assertThat(file).exists();
  }

  @Test
  void givenImagesThatAreNotFinite_whenTheyAreAsked_thenTheirLogitsAreNaNAndNoOthers()
      throws Exception {
    Module model = SmallModels.prepared("vit", SmallModels.configuration(2, "statsq", false));
    model.eval();
    Tensor images = SmallModels.images(4);
    Tensor good = run(model, images, IMAGE, OnnxOptions.defaults()).clone();
    images.select(0, 1).select(1, 3).select(1, 3).fill_(new Scalar(Double.NaN));
    images.select(0, 2).select(1, 9).select(1, 9).fill_(new Scalar(Double.POSITIVE_INFINITY));
    Tensor found = run(model, images, IMAGE, OnnxOptions.defaults());
    assertThat(found.narrow(0, 1, 2).isnan().all().item_bool()).isTrue();
    assertThat(distance(found.select(0, 0), good.select(0, 0))).isZero();
    assertThat(distance(found.select(0, 3), good.select(0, 3))).isZero();
  }

  @Test
  void givenScalesOfZeroAndBelow_whenExported_thenTheyActAsInTheLibrary() throws Exception {
    QuantizedLinear layer = layer("statsq", 2, 16, 3);
    Scope.withoutGradient(
        () -> {
          layer.quantizedWeight().orElseThrow().latent().select(0, 1).zero_(); // a scale of 0
          Tensor scale = layer.inputQuantizer().orElseThrow().quantizer().scale().tensor();
          scale.select(0, 0).fill_(new Scalar(0.0));
          scale.select(0, 1).fill_(new Scalar(-1.0));
        });
    Tensor input = torch.randn(2, 5, 16);
    Tensor expected = forward(layer, input);
    Tensor found = run(layer, input, new long[] {5, 16}, OnnxOptions.defaults());
    assertThat(distance(found, expected)).isLessThan(1e-5);
    double bias = layer.bias().orElseThrow().tensor().select(0, 1).item_double();
    assertThat(found.select(2, 1).mean().item_double()).isCloseTo(bias, within(1e-6));
    assertThat(found.select(2, 1).max().item_double()).isCloseTo(bias, within(1e-6));
  }

  @Test
  void givenLayersLeftInFloat_whenExported_thenTheOthersMultiplyIntegersAndTheyAreNamed()
      throws Exception {
    QuantizationConfiguration some =
        SmallModels.configuration(4, "lsq", false)
            .withLayers("blocks.0.mlp.fc1", new LayerBits(LayerBits.FLOAT, LayerBits.FLOAT))
            .withLayers("head", new LayerBits(4, LayerBits.FLOAT));
    Module model = SmallModels.prepared("vit", some);
    model.eval();
    Tensor images = SmallModels.images(8);
    OnnxExport written =
        OnnxFile.save(folder.resolve("m.onnx"), model, IMAGE, OnnxOptions.defaults());
    assertThat(written.floatProducts())
        .contains("blocks.0.mlp.fc1/MatMul", "head/MatMul")
        .doesNotContain("blocks.1.mlp.fc1/MatMul");
    Tensor found = run(model, images, IMAGE, OnnxOptions.defaults());
    Tensor expected = forward(model, images);
    Tensor worst = found.sub(expected).abs().amax(new long[] {1}, false);
    double rounding = 1e-5 * expected.abs().max().item_double();
    assertThat(worst.le(new Scalar(rounding)).sum().item_long()).isGreaterThanOrEqualTo(6);
  }
}
