package io.github.steelyard.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.github.steelyard.data.Image;
import io.github.steelyard.data.ImageShape;
import io.github.steelyard.data.Interpolation;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OnnxPicturesTest {
  private static final Normalization UNEVEN =
      new Normalization(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));
  private static final Normalization GREY = new Normalization(List.of(0.13), List.of(0.31));

  /** Height and width: smaller, larger, portrait, landscape, odd, a line, exactly the resize. */
  private static final int[][] SIZES = {
    {1, 1},
    {7, 5},
    {20, 31},
    {64, 64},
    {63, 200},
    {301, 77},
    {33, 34},
    {36, 36},
    {40, 40},
    {500, 375},
    {37, 36},
    {2, 90},
    {80, 160},
    {1023, 767}
  };

  /** What ONNX Runtime and libtorch round differently in the network itself; 3e-7 was seen. */
  private static final double RELATIVE = 2e-6;

  @TempDir Path folder;

  @BeforeEach
  void loadEngine() {
    Seeds.set(3);
  }

  private static PictureInput input(int height, int width, double crop, Interpolation how) {
    return new PictureInput(height, width, crop, how, UNEVEN);
  }

  static Stream<Arguments> inputs() {
    return Stream.of(
        Arguments.of(input(32, 32, 0.875, Interpolation.BILINEAR)),
        Arguments.of(input(32, 32, 0.9, Interpolation.BICUBIC)),
        Arguments.of(input(33, 33, 1, Interpolation.BICUBIC)),
        Arguments.of(input(31, 31, 0.95, Interpolation.BILINEAR)),
        Arguments.of(input(24, 40, 0.8, Interpolation.BICUBIC)),
        Arguments.of(input(40, 21, 1, Interpolation.BILINEAR)),
        Arguments.of(new PictureInput(28, 28, 1, Interpolation.BILINEAR, GREY)),
        Arguments.of(new PictureInput(28, 28, 0.7, Interpolation.BICUBIC, GREY)));
  }

  private static Image picture(int height, int width, long seed) {
    byte[] pixels = new byte[3 * height * width];
    new Random(seed).nextBytes(pixels);
    return new Image(new ImageShape(3, height, width), pixels);
  }

  /** As a service has them: interleaved. */
  static OnnxTensor decoded(List<Image> pictures) throws OrtException {
    int height = pictures.get(0).height();
    int width = pictures.get(0).width();
    ByteBuffer bytes = ByteBuffer.allocateDirect(pictures.size() * height * width * 3);
    for (Image picture : pictures) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          for (int c = 0; c < 3; c++) {
            bytes.put((byte) picture.value(c, y, x));
          }
        }
      }
    }
    return OnnxTensor.createTensor(
        OrtEnvironment.getEnvironment(),
        bytes.flip(),
        new long[] {pictures.size(), height, width, 3},
        OnnxJavaType.UINT8);
  }

  private static float[] run(OrtSession session, List<Image> pictures) throws OrtException {
    try (OnnxTensor input = decoded(pictures);
        OrtSession.Result result = session.run(Map.of("pictures", input))) {
      FloatBuffer output = ((OnnxTensor) result.get("logits").orElseThrow()).getFloatBuffer();
      float[] numbers = new float[output.remaining()];
      output.get(numbers);
      return numbers;
    }
  }

  @ParameterizedTest
  @MethodSource("inputs")
  void givenPicturesOfAnySize_whenTheGraphPreparesThem_thenTheBitsAreTheLibrarys(PictureInput input)
      throws Exception {
    Path file = folder.resolve("input.onnx");
    OnnxFile.save(file, new Identity(), input.inGraph());

    try (OnnxRun run = new OnnxRun(file)) {
      for (int[] size : SIZES) {
        List<Image> two = List.of(picture(size[0], size[1], 1), picture(size[0], size[1], 2));
        float[] first = input.values(two.get(0));
        float[] both = Arrays.copyOf(first, 2 * first.length);
        System.arraycopy(input.values(two.get(1)), 0, both, first.length, first.length);

        assertThat(run(run.session(), two)).as(Arrays.toString(size)).containsExactly(both);
        assertThat(run(run.session(), two.subList(0, 1))).containsExactly(first);
      }
    }
  }

  private static Module quantized() {
    QuantizationConfiguration bits = QuantizationConfiguration.of(4, 8);
    Module model = Models.create("resnet20", ModelOptions.none());
    Tensor sample = Tensor.create(new float[2 * 3 * 32 * 32]).reshape(2, 3, 32, 32).uniform_();
    return new PrepareQuantization(bits, sample).apply(model);
  }

  /** The largest difference, in parts of the largest logit. */
  private static double farthest(float[] left, float[] right) {
    double difference = 0;
    double largest = 0;
    for (int i = 0; i < left.length; i++) {
      difference = Math.max(difference, Math.abs(left[i] - right[i]));
      largest = Math.max(largest, Math.abs(right[i]));
    }
    return difference / largest;
  }

  static Stream<Arguments> networks() {
    Seeds.set(3);
    PictureInput small = input(32, 32, 0.875, Interpolation.BICUBIC);
    PictureInput grey = new PictureInput(28, 28, 0.9, Interpolation.BILINEAR, GREY);
    return Stream.of(
        Arguments.of("resnet20", Models.create("resnet20"), small),
        Arguments.of("resnet20 in 4 bits", quantized(), small),
        Arguments.of("transformer of grey", Models.create("vit_mini_patch7_28"), grey));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void givenANetwork_whenItsGraphTakesPictures_thenItsLogitsAreThoseOfPreparedInputs(
      String name, Module model, PictureInput input) throws Exception {
    Path plain = folder.resolve("plain.onnx");
    Path whole = folder.resolve("whole.onnx");
    long channels = input.normalization().mean().size();
    OnnxFile.save(plain, model, channels, input.height(), input.width());
    OnnxExport written = OnnxFile.save(whole, model, input.inGraph());

    assertThat(written.opset()).isEqualTo(21);
    try (OnnxRun taken = new OnnxRun(plain);
        OnnxRun pictures = new OnnxRun(whole)) {
      for (int[] size : List.of(new int[] {30, 47}, new int[] {120, 65}, new int[] {9, 9})) {
        Image image = picture(size[0], size[1], 5);
        Tensor values =
            Tensor.create(input.values(image), 1, channels, input.height(), input.width());
        float[] expected = new float[10];
        taken.logits(values).<FloatBuffer>createBuffer().get(expected);
        float[] logits = run(pictures.session(), List.of(image));
        float[] own = new float[10];
        Scope.withoutGradient(
            () ->
                EvaluationMode.compute(model, () -> model.forward(values))
                    .contiguous()
                    .<FloatBuffer>createBuffer()
                    .get(own));

        assertThat(logits).as(Arrays.toString(size)).containsExactly(expected);
        assertThat(farthest(logits, own)).isLessThan(RELATIVE);
      }
    }
  }

  @Test
  void givenAGraphOfPictures_whenAServiceOpensIt_thenItSaysWhatItTakes() throws Exception {
    Path file = folder.resolve("model.onnx");
    OnnxFile.save(
        file, Models.create("resnet20"), input(32, 32, 1, Interpolation.BILINEAR).inGraph());

    try (OnnxRun run = new OnnxRun(file)) {
      NodeInfo input = run.session().getInputInfo().get("pictures");
      assertThat(((TensorInfo) input.getInfo()).type).isEqualTo(OnnxJavaType.UINT8);
      assertThat(((TensorInfo) input.getInfo()).getDimensionNames())
          .containsExactly("batch", "height", "width", "");
      assertThat(run.session().getMetadata().getCustomMetadata().get(OnnxFile.PREPROCESSING))
          .isEqualTo(
              "{\"inside\":true,\"input\":\"pictures\",\"type\":\"uint8\",\"axes\":[\"batch\","
                  + "\"height\",\"width\",\"channel\"],\"channels\":\"RGB\"}");
    }
  }

  @Test
  void givenANetworkThatTakesNoSuchPictures_whenItIsWritten_thenItIsRefusedAndNothingIsLeft() {
    Path file = folder.resolve("model.onnx");
    PictureInput grey = new PictureInput(28, 28, 1, Interpolation.BILINEAR, GREY);
    Normalization four =
        new Normalization(List.of(0.1, 0.2, 0.3, 0.4), List.of(1.0, 1.0, 1.0, 1.0));

    assertThatThrownBy(() -> OnnxFile.save(file, Models.create("resnet20"), grey.inGraph()))
        .isInstanceOf(ExportException.class)
        .hasMessageContaining("size 3 at axis 1");
    assertThatThrownBy(new PictureInput(8, 8, 1, Interpolation.BILINEAR, four)::inGraph)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 channel (grey) or 3");
    assertThat(file).doesNotExist();
  }
}
