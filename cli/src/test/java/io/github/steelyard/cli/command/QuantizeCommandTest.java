package io.github.steelyard.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.CommandLineRun;
import io.github.steelyard.cli.RunFolders;
import io.github.steelyard.cli.console.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("once")
class QuantizeCommandTest {
  private static final String FULL_PRECISION =
      """
      model: {name: mlp, hidden: [16, 16]}
      data: {name: fashion-mnist, batch_size: 50, train_samples: 500, test_samples: 100}
      optimizer: {name: adamw, lr: 0.01}
      train: {epochs: 1, log_every: 2}
      """;
  private static final String QUANTIZED =
      """
      model: {name: mlp, hidden: [16, 16], dropout: 0.1}
      data: {name: fashion-mnist, batch_size: 50, train_samples: 500, test_samples: 100}
      loss: {teacher: full_precision}
      optimizer: {name: adamw, lr: 0.001}
      train: {epochs: 2, checkpoint_every_steps: 3, keep_checkpoints: 100}
      quantization:
        weight_bits: 2
        activation_bits: 4
        method: lsq
        freezing: {first_threshold: 0.02, last_threshold: 0.001}
        oscillation: {every: 1}
      export: {formats: [packed]}
      """;
  private static final String TRANSFORMER =
      """
      model: {name: vit_mini_patch7_28}
      data: {name: fashion-mnist, batch_size: 32, train_samples: 130, test_samples: 50}
      loss: {teacher: full_precision}
      optimizer: {name: adamw, lr: 0.001}
      train: {epochs: 2}
      quantization:
        weight_bits: 2
        activation_bits: 2
        annealing: {epochs: 1}
        oscillation: {every: 1}
        layers: [{pattern: blocks.0.mlp.*, weight_bits: 3, activation_bits: 3}]
      export: {formats: [packed, onnx]}
      """;

  @TempDir Path folder;
  private Path source;
  private Path recipe;

  @BeforeEach
  void trainInFullPrecision() throws Exception {
    source = folder.resolve("source");
    recipe = write("quantized.yaml", QUANTIZED);
    run("run", write("full.yaml", FULL_PRECISION).toString(), "--folder", source.toString());
  }

  @Test
  void givenATransformersWeights_whenTheyAreQuantized_thenEveryFormOfTheModelAgrees()
      throws Exception {
    Path full = folder.resolve("vit");
    String plain = TRANSFORMER.substring(0, TRANSFORMER.indexOf("quantization:"));
    run(
        "run",
        write("vit.yaml", plain.replace("loss: {teacher: full_precision}\n", "")).toString(),
        "--folder",
        full.toString());
    Path run = folder.resolve("vit-w2a2");

    JsonNode made =
        json(
            "run",
            write("vit-w2a2.yaml", TRANSFORMER).toString(),
            "--set",
            "from=" + full.toString(),
            "--folder",
            run.toString(),
            "--json");

    assertThat(made.at("/quantization/full_precision"))
        .isEqualTo(json("evaluate", full.toString(), "--json").at("/metrics"));
    assertThat(made.at("/export/packed/read_back")).isEqualTo(made.at("/quantization/quantized"));
    assertThat(json("evaluate", run.toString(), "--json").at("/metrics"))
        .isEqualTo(made.at("/quantization/quantized"));
    Path packed = run.resolve("exports/model-packed.safetensors");
    assertThat(json("evaluate", packed.toString(), "--json").at("/metrics"))
        .isEqualTo(made.at("/quantization/quantized"));
    assertThat(made.at("/export/packed/bytes").asLong())
        .isEqualTo(Files.size(packed))
        .isLessThan(made.at("/export/packed/float_bytes").asLong() / 4);
    assertThat(run.resolve("exports/model.onnx")).isNotEmptyFile();
    assertThat(Files.readString(run.resolve("report.html")))
        .contains(
            "Oscillating weights", "Trajectories", "packed file, read back: accuracy", "threshold");
    assertThat(Json.MAPPER.readTree(run.resolve("results.json").toFile()).at("/quantization"))
        .hasSize(3);
  }

  @Test
  void givenARunKilledInTraining_whenItIsResumedWithoutItsSource_thenTheFileIsTheSameBitForBit()
      throws Exception {
    Path whole = quantize(folder.resolve("whole"));
    Path killed = folder.resolve("killed");
    RunFolders.copyKilledAfter(9, whole, killed);
    RunFolders.delete(source);

    CommandLineRun resumed =
        CommandLineRun.of("run", recipe.toString(), "--folder", killed.toString(), "--resume");

    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(resumed.err()).contains("resuming after step 9");
    RunFolders.requireEqual(
        whole.resolve("exports/model-packed.safetensors"),
        killed.resolve("exports/model-packed.safetensors"));
  }

  @Test
  void givenARunKilledAfterTraining_whenItIsResumed_thenOnlyWhatIsMissingIsDone() throws Exception {
    Path run = quantize(folder.resolve("run"));
    Path packed = run.resolve("exports/model-packed.safetensors");
    byte[] before = Files.readAllBytes(packed);
    long log = Files.size(run.resolve("metrics.jsonl"));
    Files.delete(packed);

    CommandLineRun resumed =
        CommandLineRun.of("run", recipe.toString(), "--folder", run.toString(), "--resume");

    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(resumed.err())
        .contains("the training is finished already", "writing ", "measuring " + packed)
        .doesNotContain("measuring the network", "measuring the quantized");
    assertThat(packed).hasBinaryContent(before);
    assertThat(run.resolve("metrics.jsonl")).hasSize(log);
  }

  @Test
  void givenAnotherConfiguration_whenItsCheckpointIsEvaluated_thenTheErrorSaysSo()
      throws Exception {
    Path run = quantize(folder.resolve("run"));
    Path written = run.resolve("recipe.yaml");
    String changed = Files.readString(written).replaceFirst("weight_bits: 2", "weight_bits: 3");
    Files.writeString(written, changed);
    CommandLineRun unmeant = CommandLineRun.of("evaluate", run.toString());
    Files.writeString(written, changed.substring(0, changed.lastIndexOf("# checksum")));

    CommandLineRun result = CommandLineRun.of("evaluate", run.toString());

    assertThat(unmeant.code()).isEqualTo(1);
    assertThat(unmeant.err()).contains("was changed after the run began", "take the last line out");

    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).contains("another configuration").doesNotContain("bug");
  }

  @Test
  void givenWhatCannotBeQuantizedOrExported_whenItIsAsked_thenTheCodeIsTwoAndTheRemedyIsNamed()
      throws Exception {
    String run = folder.resolve("run").toString();
    refused("the key 'from'", "run", recipe.toString(), "--folder", run);
    refused(
        "there is no run nothing",
        "run",
        recipe.toString(),
        "--folder",
        run,
        "--set",
        "from=nothing");
    refused(
        "trained mlp, but the recipe is for vit_mini",
        "run",
        write("other.yaml", TRANSFORMER).toString(),
        "--folder",
        run,
        "--set",
        "from=" + source.toString());
    refused("is not quantized", "export", source.toString(), "--format", "packed");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void givenARunInFullPrecision_whenItIsExportedAsOnnx_thenTheFileIsThere() throws Exception {
    Path file = folder.resolve("mlp.onnx");

    JsonNode written =
        json(
            "export", source.toString(), "--format", "onnx", "--output", file.toString(), "--json");

    assertThat(written.at("/bytes").asLong()).isEqualTo(Files.size(file));
    assertThat(written.at("/parts")).isNotEmpty();
  }

  @Test
  void givenOptionsOfTheGraph_whenAQuantizedRunIsExported_thenTheyDecideItsArithmeticAndSize()
      throws Exception {
    Path made =
        quantize(
            folder.resolve("run"),
            "export.formats=[onnx]",
            "export.opset=18",
            "export.storage=int8");
    String run = made.toString();
    JsonNode usual = onnx(run, "usual");
    JsonNode bytes = onnx(run, "bytes", "--opset", "18", "--storage", "int8");
    JsonNode floats = onnx(run, "floats", "--arithmetic", "float");

    assertThat(made.resolve("exports/model.onnx"))
        .as("the recipe said the same")
        .hasSameBinaryContentAs(folder.resolve("bytes.onnx"));
    assertThat(usual.at("/integer_arithmetic").asText()).contains("products of integers");
    assertThat(bytes.at("/integer_arithmetic")).isEqualTo(usual.at("/integer_arithmetic"));
    assertThat(bytes.at("/parts/constants of type INT8").asLong())
        .as("of layers of 2 bits too")
        .isGreaterThan(usual.at("/parts/constants of type INT8").asLong());
    assertThat(floats.at("/integer_arithmetic").asText()).startsWith("none");
    assertThat(usual.at("/bytes").asLong()).isEqualTo(Files.size(folder.resolve("usual.onnx")));
    refused("from 18 to 25, but is 17", "export", run, "--format", "onnx", "--opset", "17");
    refused(
        "need operator set 21",
        "export",
        run,
        "--format",
        "onnx",
        "--opset",
        "20",
        "--storage",
        "native");
    refused("for --format onnx", "export", run, "--format", "packed", "--opset", "21");
  }

  private JsonNode onnx(String run, String name, String... options) throws IOException {
    String[] usual = {
      "export", run, "--format", "onnx", "--output", folder.resolve(name + ".onnx") + "", "--json"
    };
    return json(Stream.of(usual, options).flatMap(Stream::of).toArray(String[]::new));
  }

  private static void refused(String message, String... arguments) {
    CommandLineRun result = CommandLineRun.of(arguments);
    assertThat(result.code()).as(result.err()).isEqualTo(2);
    assertThat(result.err()).contains(message);
  }

  private Path quantize(Path run, String... settings) {
    Stream<String> changes =
        Stream.concat(Stream.of("from=" + source), Stream.of(settings))
            .flatMap(setting -> Stream.of("--set", setting));
    run(
        Stream.concat(Stream.of("run", recipe.toString(), "--folder", run.toString()), changes)
            .toArray(String[]::new));
    return run;
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static CommandLineRun run(String... arguments) {
    CommandLineRun result = CommandLineRun.of(arguments);
    assertThat(result.code()).as(result.err()).isZero();
    return result;
  }

  private static JsonNode json(String... arguments) throws IOException {
    return Json.MAPPER.readTree(run(arguments).out());
  }
}
