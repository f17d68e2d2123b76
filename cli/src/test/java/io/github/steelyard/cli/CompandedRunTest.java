package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A companded model through the commands: train, evaluate, quantize, export. */
@Tag("once")
class CompandedRunTest {
  private static final String RECIPE =
      """
      model: {name: mlp, hidden: [16, 16]}
      data: {name: fashion-mnist, batch_size: 50, train_samples: 300, test_samples: 100}
      optimizer: {name: adamw, lr: 0.01}
      train: {epochs: 1, log_every: 2}
      compander: {ratio: 2, learned: true}
      """;
  private static final String QUANTIZATION =
      """
      quantization:
        weight_bits: 3
        activation_bits: 8
        query_key_reparameterization: false
        layers: [{pattern: fc3, weight_bits: 32, activation_bits: 32}]
      export: {formats: [packed]}
      """;

  @TempDir Path folder;

  private JsonNode json(String... arguments) throws Exception {
    CommandLineRun run = CommandLineRun.of(arguments);
    assertThat(run.code()).as(run.err()).isZero();
    return Json.MAPPER.readTree(run.out());
  }

  private String write(String name, String content) throws Exception {
    return Files.writeString(folder.resolve(name), content).toString();
  }

  @Test
  void givenACompandedRun_whenItIsEvaluatedQuantizedAndExported_thenEveryFormAgrees()
      throws Exception {
    String full = folder.resolve("full").toString();
    String quantized = folder.resolve("quantized").toString();

    JsonNode trained = json("run", write("full.yaml", RECIPE), "--folder", full, "--json");
    JsonNode evaluated = json("evaluate", full, "--json");
    JsonNode made =
        json(
            "run",
            write("quantized.yaml", RECIPE + QUANTIZATION),
            "--set",
            "from=" + full,
            "--folder",
            quantized,
            "--json");

    assertThat(evaluated.at("/metrics")).isEqualTo(trained.at("/metrics"));
    assertThat(made.at("/quantization/full_precision")).isEqualTo(trained.at("/metrics"));
    assertThat(made.at("/export/packed/read_back")).isEqualTo(made.at("/quantization/quantized"));
    assertThat(json("evaluate", quantized, "--json").at("/metrics"))
        .isEqualTo(made.at("/quantization/quantized"));
    json("export", full, "--format", "safetensors", "--json");
    String plain = RECIPE.substring(0, RECIPE.indexOf("compander:"));
    JsonNode continued =
        json(
            "run",
            write("plain.yaml", plain),
            "--folder",
            folder.resolve("plain").toString(),
            "--set",
            "model.weights='" + folder.resolve("full/exports/model.safetensors") + "'",
            "--set",
            "optimizer.lr=0",
            "--json");
    assertThat(continued.at("/metrics")).isEqualTo(trained.at("/metrics"));
    CommandLineRun refused =
        CommandLineRun.of("export", quantized, "--format", "safetensors", "--json");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("choose packed or onnx");
    assertThat(json("export", full, "--format", "onnx", "--json").at("/bytes").asLong())
        .isPositive();
    assertThat(Files.readString(folder.resolve("full/report.html")))
        .contains("Learned a", "Learned b", "Weights at the start and at the end");
    assertThat(Files.readString(folder.resolve("full/metrics.jsonl")))
        .contains("\"event\":\"compander\"", "\"event\":\"histograms\"");
  }

  @Test
  void givenAnAThatIsTooSmall_whenItIsTrained_thenTheLayerAndTheSmallestAAreNamed()
      throws Exception {
    CommandLineRun run =
        CommandLineRun.of(
            "run",
            write("small.yaml", RECIPE),
            "--folder",
            folder.resolve("run").toString(),
            "--set",
            "compander.a=1");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .contains("error: 'fc1': the weight reaches a size of", "the smallest a that works is")
        .contains("standard deviations of this layer instead of 1");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void givenValidationSamples_whenARunIsTrained_thenItIsMeasuredOnThemAndEvaluateOnTestData()
      throws Exception {
    String run = folder.resolve("run").toString();
    CommandLineRun trained =
        CommandLineRun.of(
            "run",
            write("held.yaml", RECIPE),
            "--folder",
            run,
            "--set",
            "data.validation_samples=70",
            "--set",
            "data.label_noise.fraction=0.3");

    assertThat(trained.code()).as(trained.err()).isZero();
    assertThat(trained.out()).contains("validation accuracy").doesNotContain("test accuracy");
    assertThat(Files.readString(folder.resolve("run/results.json"))).contains("\"validation\"");
    JsonNode evaluated = json("evaluate", run, "--json");
    assertThat(evaluated.path("samples").asInt()).isEqualTo(100);
  }
}
