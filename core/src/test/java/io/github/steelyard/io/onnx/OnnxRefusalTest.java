package io.github.steelyard.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.LayerNorm;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxRefusalTest {
  private static final Provenance PROVENANCE = Provenance.now(0, Map.of(), Map.of(), List.of());

  @TempDir Path folder;

  private static final class Mute extends Module {
    @Override
    public Tensor forward(Tensor input) {
      return input;
    }
  }

  /** Does what the test says. */
  private static final class Custom extends Module implements Exportable {
    private final BiFunction<GraphBuilder, GraphValue, GraphValue> steps;

    Custom(BiFunction<GraphBuilder, GraphValue, GraphValue> steps) {
      this.steps = steps;
    }

    @Override
    public Tensor forward(Tensor input) {
      throw new UnsupportedOperationException("only exported");
    }

    @Override
    public GraphValue export(GraphBuilder graph, GraphValue input) {
      return steps.apply(graph, input);
    }
  }

  private void assertRefused(Module model, long[] inputShape, String... said) throws IOException {
    Path file = folder.resolve("model.onnx");
    Files.writeString(file, "what was there");
    assertThatThrownBy(() -> OnnxFile.save(file, model, inputShape, PROVENANCE))
        .isInstanceOf(ExportException.class)
        .hasMessageContainingAll(said);
    assertThat(file).hasContent("what was there");
    assertThat(folder).isDirectoryContaining(path -> path.equals(file));
    assertThat(folder.toFile().list()).hasSize(1);
  }

  @Test
  void givenAModuleThatDoesNotSayWhatItComputes_whenItIsExported_thenTheMessageSaysWhereAndHow()
      throws IOException {
    assertRefused(
        new Sequential(new Linear(2, 2), new Sequential(new Mute())),
        new long[] {2},
        "1.0: ",
        Mute.class.getName(),
        "implement io.github.steelyard.nn.export.Exportable");
    assertRefused(new Mute(), new long[] {2}, "the model: ", Mute.class.getName());
  }

  @Test
  void givenAnEditedActivation_whenTheModelIsExported_thenItIsRefused() throws IOException {
    Module model = Models.create("mlp", ModelOptions.none());
    try (Tap.Registration edit = model.getTap("hidden1").edit(x -> x.relu())) {
      assertRefused(model, new long[] {784}, "hidden1: ", "edited");
    }
  }

  @Test
  void givenAnotherInputShape_whenTheModelIsExported_thenTheLayerAndBothShapesAreNamed()
      throws IOException {
    Module perceptron = Models.create("mlp", ModelOptions.none());
    assertRefused(perceptron, new long[] {1, 14, 14}, "fc1: ", "[batch, 196]", "[784, 256]");
    Module resnet = Models.create("resnet8", ModelOptions.none());
    assertRefused(resnet, new long[] {3, 28, 28}, "conv1: ", "size 1", "[batch, 3, 28, 28]");
    assertRefused(resnet, new long[] {28}, "conv1: ", "[batch, 28]");
    Module transformer = Models.create("vit_mini_patch7_28", ModelOptions.none());
    assertRefused(transformer, new long[] {1, 56, 56}, "patch_embed", "56", "28");
    assertRefused(new LayerNorm(4), new long[] {5}, "the model: ", "size 4", "[batch, 5]");
    assertThatThrownBy(
            () ->
                OnnxFile.save(folder.resolve("model.onnx"), perceptron, new long[] {0}, PROVENANCE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 1, but has 0");
  }

  @Test
  void givenWeightsOfAnotherType_whenTheModelIsExported_thenTheMessageSaysHowToConvertThem()
      throws IOException {
    Module model = new Sequential(new Linear(2, 2));
    model.to(ScalarType.Double);
    assertRefused(model, new long[] {2}, "0.weight: ", "Double", "to(ScalarType.Float)");
  }

  @Test
  void givenConstantsOfMoreThanTwoGiB_whenTheModelIsExported_thenItIsRefusedBeforeAnyIsCopied()
      throws IOException {
    assertRefused(
        new Custom(
            (graph, x) -> {
              Tensor huge = torch.zeros(1, 1).expand(30_000, 30_000);
              return graph.matmul(x, graph.constant("huge", huge));
            }),
        new long[] {2, 30_000},
        "huge: ",
        "3600000000 bytes",
        "at most");
  }

  @Test
  void givenStepsThatFixTheBatch_whenTheModelIsExported_thenTheyAreRefused() throws IOException {
    long[] shape = {4, 6};
    assertRefused(new Custom((graph, x) -> graph.reshape(x, 24)), shape, "no room for the batch");
    assertRefused(new Custom((graph, x) -> graph.select(x, 0, 0)), shape, "depends on the batch");
    assertRefused(new Custom((graph, x) -> graph.mean(x, 0)), shape, "depends on the batch");
    assertRefused(
        new Custom((graph, x) -> graph.add(x, graph.constant("c", torch.ones(2, 4, 6)))),
        shape,
        "[batch, 4, 6]",
        "[2, 4, 6]",
        "broadcast");
  }

  @Test
  void givenShapesThatDoNotFit_whenTheModelIsExported_thenTheStepIsRefused() throws IOException {
    long[] shape = {4, 6};
    assertRefused(new Custom((graph, x) -> graph.matmul(x, x)), shape, "no matrix product");
    assertRefused(new Custom((graph, x) -> graph.permute(x, 0, 1)), shape, "not an order");
    assertRefused(new Custom((graph, x) -> graph.softmax(x, 3)), shape, "no axis 3");
    assertRefused(
        new Custom((graph, x) -> graph.cat(1, List.of(x, graph.mean(x, 2)))),
        shape,
        "side by side");
    assertRefused(new Custom((graph, x) -> graph.slice(x, 2, 3, 9, 1)), shape, "3 to 9");
  }
}
