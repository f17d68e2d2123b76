package io.github.steelyard.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunNetwork;
import io.github.steelyard.data.Image;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.runtime.Scope;
import java.awt.image.BufferedImage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureGraphTest {
  @TempDir Path folder;
  private Path photos;

  @BeforeEach
  void drawPictures() throws Exception {
    photos = DrawnPictures.in(folder.resolve("photos"));
  }

  private Path run(String name, String more) throws Exception {
    return DrawnPictures.run(
        folder,
        photos,
        name,
        "input: {size: 28, crop_pct: 0.9, interpolation: bicubic}, batch_size: 4",
        """
        optimizer: {name: adamw}
        train: {epochs: 1}
        export: {formats: [onnx], with_preprocessing: true}
        """
            + more);
  }

  private static float[] own(RunNetwork network, Path file) throws Exception {
    PictureInput input = network.input().orElseThrow();
    float[] values = input.values(Image.read(file));
    float[] logits = new float[3];
    Scope.withoutGradient(
        () ->
            EvaluationMode.compute(
                    network.model(),
                    () -> network.model().forward(Tensor.create(values, 1, 3, 28, 28)))
                .contiguous()
                .<FloatBuffer>createBuffer()
                .get(logits));
    return logits;
  }

  private static float[] logits(OrtSession session, BufferedImage picture) throws OrtException {
    int height = picture.getHeight();
    int width = picture.getWidth();
    ByteBuffer pixels = ByteBuffer.allocateDirect(height * width * 3);
    for (int color : picture.getRGB(0, 0, width, height, null, 0, width)) {
      pixels.put((byte) (color >> 16)).put((byte) (color >> 8)).put((byte) color);
    }
    long[] shape = {1, height, width, 3};
    try (OnnxTensor input =
            OnnxTensor.createTensor(
                OrtEnvironment.getEnvironment(), pixels.flip(), shape, OnnxJavaType.UINT8);
        OrtSession.Result result = session.run(Map.of("pictures", input))) {
      return ((float[][]) result.get(0).getValue())[0];
    }
  }

  private void agrees(Path run) throws Exception {
    Path file = run.resolve("exports/model.onnx");
    try (OrtSession session = OrtEnvironment.getEnvironment().createSession(file.toString());
        Run open = Run.open(run)) {
      RunNetwork network =
          RunNetwork.open(open, List.of(), false, new PrintWriter(new StringWriter()));
      for (Path picture : DrawnPictures.files(photos)) {
        assertThat(logits(session, ImageIO.read(picture.toFile())))
            .as(picture.toString())
            .usingComparatorWithPrecision(1e-5f)
            .containsExactly(own(network, picture));
      }
      Map<String, String> told = session.getMetadata().getCustomMetadata();
      assertThat(told.get("steelyard.class_names")).isEqualTo("[\"ant\",\"cät\",\"zebra\"]");
      assertThat(told.get("steelyard.input")).contains("\"crop_pct\":0.9");
      assertThat(told.get("steelyard.preprocessing")).contains("\"inside\":true");
    }
  }

  @Test
  void givenPicturesOfAllSizes_whenAServiceAsksTheGraph_thenItAnswersAsTheRun() throws Exception {
    Path run = run("float", "");

    agrees(run);

    JsonNode results = Json.MAPPER.readTree(run.resolve("results.json").toFile());
    assertThat(results.at("/export/onnx/with_preprocessing").asBoolean()).isTrue();
    assertThat(Files.readString(run.resolve("recipe.yaml"))).contains("with_preprocessing: true");
    JsonNode written =
        CommandLineRun.json(
            "export", run.toString(), "--format", "onnx", "--with-preprocessing", "--json");
    assertThat(written.get("needs").asText())
        .isEqualTo("operator set 21: ONNX Runtime 1.18 or newer");
    agrees(run);
    assertThat(
            CommandLineRun.refused(
                "export", run.toString(), "--format", "safetensors", "--with-preprocessing"))
        .contains("ONNX graph only", "--format onnx");
  }

  @Test
  void givenAQuantizedNetwork_whenAServiceAsksTheGraph_thenItAnswersAsTheRun() throws Exception {
    Path start = run("float", "");

    agrees(
        run(
            "few",
            "from: '%s'\nquantization: {weight_bits: 4, activation_bits: 8}\n".formatted(start)));
  }

  @Test
  void givenARecipe_whenNoFormatTakesPreprocessing_thenKeyAndChoiceAreNamed() throws Exception {
    Path recipe =
        Files.writeString(
            folder.resolve("bad.yaml"),
            """
            model: {name: resnet8}
            data: {name: image-folder, folder: '%s', validation_fraction: 0.4}
            optimizer: {name: adamw}
            train: {epochs: 1}
            export: {formats: [safetensors], with_preprocessing: true}
            """
                .formatted(photos));

    assertThat(CommandLineRun.refused("run", recipe.toString()))
        .contains("export.with_preprocessing", "onnx");
  }
}
