package io.github.steelyard.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxFileTest {
  private static final Provenance PROVENANCE =
      Provenance.now(7, Map.of("train", "1f"), Map.of("model", "tiny"), List.of());

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"mlp", "resnet8", "vit_mini_patch7_28"})
  void givenAModel_whenItIsExported_thenOnnxRuntimeGivesItsLogitsForAnyBatch(String name)
      throws Exception {
    torch.manual_seed(5);
    Module model = Models.create(name, ModelOptions.none());
    spreadStatistics(model);
    Path file = folder.resolve("model.onnx");
    OnnxFile.save(file, model, new long[] {1, 28, 28}, PROVENANCE);
    assertThat(model.isTraining()).isTrue();
    model.eval();
    assertEqualLogits(file, model, torch.randn(1, 1, 28, 28));
    assertEqualLogits(file, model, torch.randn(3, 1, 28, 28));
  }

  /** Statistics and weights as after training, so that an exchanged one would show. */
  private static void spreadStatistics(Module model) {
    Scope.withoutGradient(
        () -> {
          for (Module part : model.namedModules().values()) {
            if (part instanceof BatchNorm2d norm) {
              norm.weight().tensor().uniform_(0.5, 1.5, new GeneratorOptional());
              norm.bias().tensor().uniform_(-0.5, 0.5, new GeneratorOptional());
              norm.runningMean().tensor().uniform_(-0.5, 0.5, new GeneratorOptional());
              norm.runningVariance().tensor().uniform_(0.5, 2, new GeneratorOptional());
            }
          }
        });
  }

  private static void assertEqualLogits(Path file, Module model, Tensor batch) throws Exception {
    try (OnnxRun run = new OnnxRun(file)) {
      Tensor expected = Scope.computeWithoutGradient(() -> model.forward(batch));
      Tensor logits = run.logits(batch);
      assertThat(logits.shape()).containsExactly(expected.shape());
      double scale = expected.abs().max().item_double();
      double difference = logits.sub(expected).abs().max().item_double();
      assertThat(difference / scale).isLessThan(1e-5);
    }
  }
}
