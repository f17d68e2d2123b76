package io.github.steelyard.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.AdaptiveAvgPool2d;
import io.github.steelyard.nn.AvgPool2d;
import io.github.steelyard.nn.BatchNorm1d;
import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Embedding;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.MaxPool2d;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Parametrization;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.SiLU;
import io.github.steelyard.nn.Sigmoid;
import io.github.steelyard.nn.Size2d;
import io.github.steelyard.nn.Tanh;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import io.github.steelyard.nn.models.DistilledVisionTransformer;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.nn.models.ResNet;
import io.github.steelyard.nn.models.ResNetConfiguration;
import io.github.steelyard.nn.models.SwinTransformer;
import io.github.steelyard.nn.models.SwinTransformerConfiguration;
import io.github.steelyard.nn.models.TransformerDropout;
import io.github.steelyard.nn.models.VisionTransformer;
import io.github.steelyard.nn.models.VisionTransformerConfiguration;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OnnxFileTest {
  private static final Provenance PROVENANCE =
      Provenance.now(7, Map.of("train", "1f"), Map.of("model", "tiny"), List.of());

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void setUp() {
    Seeds.set(5);
    file = folder.resolve("model.onnx");
  }

  static Stream<Arguments> models() {
    Seeds.set(4);
    return Stream.of(
        Arguments.of("mlp", Models.create("mlp", ModelOptions.none()), image(1, 28)),
        Arguments.of("resnet8", Models.create("resnet8", ModelOptions.none()), image(1, 28)),
        Arguments.of(
            "resnet with basic blocks",
            new ResNet(new ResNetConfiguration(false, List.of(1, 1, 1, 1), 3, 5)),
            image(3, 40)),
        Arguments.of(
            "resnet with bottlenecks",
            new ResNet(new ResNetConfiguration(true, List.of(1, 1, 1, 1), 3, 5)),
            image(3, 40)),
        Arguments.of("vit", Models.create("vit_mini_patch7_28", ModelOptions.none()), image(1, 28)),
        Arguments.of("vit that normalizes", new VisionTransformer(transformer(true)), image(2, 12)),
        Arguments.of(
            "distilled vit", new DistilledVisionTransformer(transformer(false)), image(2, 12)),
        Arguments.of(
            "swin with padded windows",
            new SwinTransformer(
                new SwinTransformerConfiguration(
                    28,
                    2,
                    2,
                    5,
                    8,
                    List.of(2, 2, 1),
                    List.of(2, 4, 2),
                    4,
                    2,
                    new TransformerDropout(0.1, 0, 0.1, 0.1, 0.1))),
            image(2, 28)));
  }

  private static long[] image(long channels, long side) {
    return new long[] {channels, side, side};
  }

  private static VisionTransformerConfiguration transformer(boolean qkNorm) {
    return new VisionTransformerConfiguration(
        12, 4, 2, 5, 24, 2, 3, 4, qkNorm, new TransformerDropout(0.1, 0.1, 0.1, 0.1, 0.1));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("models")
  void givenAModel_whenItIsExported_thenOnnxRuntimeGivesItsLogitsForAnyBatch(
      String name, Module model, long[] image) throws Exception {
    spreadStatistics(model);
    OnnxExport written = OnnxFile.save(file, model, image, PROVENANCE);
    assertThat(written.bytes()).isEqualTo(Files.size(file));
    assertThat(model.namedModules().values()).allMatch(Module::isTraining);
    assertSameLogits(model, image);
  }

  @Test
  void givenEveryOtherLayer_whenItIsExported_thenOnnxRuntimeGivesItsOutput() throws Exception {
    Conv2dConfiguration grouped =
        new Conv2dConfiguration(
            4, 6, new Size2d(3, 2), new Size2d(1, 2), new Size2d(2, 0), new Size2d(2, 1), 2, true);
    Module model =
        new Sequential(
            new Conv2d(grouped),
            new SiLU(),
            new MaxPool2d(3, 2, 1),
            new Tanh(),
            new AvgPool2d(3, 1, 1),
            new AdaptiveAvgPool2d(new Size2d(3, 2)),
            new BatchNorm2d(6),
            new Flatten(),
            new BatchNorm1d(36),
            new Sigmoid(),
            new Linear(36, 4, false));
    spreadStatistics(model);
    OnnxFile.save(file, model, new long[] {4, 13, 17}, PROVENANCE);
    assertSameLogits(model, 4, 13, 17);
  }

  /** Statistics and weights as after training, so that an exchanged one would show. */
  private static void spreadStatistics(Module model) {
    Scope.withoutGradient(
        () ->
            model
                .stateDict()
                .forEach(
                    (name, tensor) -> {
                      if (name.contains("running_var")) {
                        tensor.uniform_(0.5, 2, new GeneratorOptional());
                      } else if (tensor.dim() == 1) {
                        tensor.add_(torch.rand_like(tensor).sub(new Scalar(0.5)));
                      }
                    }));
  }

  private void assertSameLogits(Module model, long... sample) throws Exception {
    model.eval();
    try (OnnxRun run = new OnnxRun(file)) {
      for (long n : new long[] {1, 3}) {
        long[] shape = LongStream.concat(LongStream.of(n), LongStream.of(sample)).toArray();
        Tensor batch = torch.randn(shape);
        Tensor expected = Scope.computeWithoutGradient(() -> model.forward(batch));
        Tensor logits = run.logits(batch);
        assertThat(logits.shape()).containsExactly(expected.shape());
        double largest = expected.abs().max().item_double();
        assertThat(logits.sub(expected).abs().max().item_double()).isLessThan(3e-6 * largest);
      }
    }
  }

  /** As a user would write it: weights used twice, one of them tied, and one that is made. */
  private static final class Tied extends Module implements Exportable {
    private final Parameter weight = parameter("weight", torch.randn(6, 6));
    private final Parameter again = parameter("again", weight);
    private final Parameter doubled = parameter("doubled", torch.randn(6, 6));

    Tied() {
      doubled.parametrize(new Doubling());
    }

    @Override
    public Tensor forward(Tensor input) {
      Tensor x = torch.linear(torch.linear(input, weight.value()), again.value());
      return torch.linear(x, doubled.value());
    }

    @Override
    public GraphValue export(GraphBuilder graph, GraphValue input) {
      GraphValue x = graph.linear(input, weight.export(graph, "weight"), Optional.empty());
      x = graph.linear(x, again.export(graph, "again"), Optional.empty());
      return graph.linear(x, doubled.export(graph, "doubled"), Optional.empty());
    }
  }

  private static final class Doubling extends Parametrization {
    @Override
    public Tensor forward(Tensor value) {
      return value.mul(new Scalar(2.0));
    }
  }

  @Test
  void
      givenAUsersModule_whenItIsExported_thenTiedWeightsAreStoredOnceAndMadeOnesAsTheLayerSeesThem()
          throws Exception {
    Module model = new Tied();
    OnnxExport written = OnnxFile.save(file, model, new long[] {6}, PROVENANCE);
    assertThat(written.constantBytes()).isEqualTo(Map.of("FLOAT", 2 * 36 * 4L));
    assertSameLogits(model, 6);
  }

  @Test
  void givenAPartInEvaluationMode_whenTheModelIsExported_thenEveryPartKeepsItsMode()
      throws Exception {
    Module model = Models.create("resnet8", ModelOptions.none());
    model.getSubmodule("layer1").eval();
    Map<String, Boolean> before = new LinkedHashMap<>();
    model.namedModules().forEach((path, part) -> before.put(path, part.isTraining()));
    OnnxFile.save(file, model, image(1, 28), PROVENANCE);
    model
        .namedModules()
        .forEach((path, part) -> assertThat(part.isTraining()).isEqualTo(before.get(path)));
  }

  @Test
  void givenAnExportedModel_whenItIsOpened_thenItsNamesShapesAndProvenanceAreThere()
      throws Exception {
    OnnxExport written =
        OnnxFile.save(
            file, Models.create("resnet8", ModelOptions.none()), image(1, 28), PROVENANCE);
    assertThat(written.opset()).isEqualTo(21);
    try (OnnxRun run = new OnnxRun(file)) {
      assertThat(run.session().getInputInfo().get("input").getInfo().toString())
          .contains("shape=[-1, 1, 28, 28]")
          .contains("dimNames=[batch,");
      assertThat(run.session().getOutputInfo().get("logits").getInfo().toString())
          .contains("shape=[-1, 10]");
      assertThat(run.session().getMetadata().getProducerName()).isEqualTo("Steelyard");
      String json =
          run.session().getMetadata().getCustomMetadataValue(ModelFile.PROVENANCE).orElseThrow();
      assertThat(new JsonMapper().readValue(json, Provenance.class)).isEqualTo(PROVENANCE);
    }
  }

  @Test
  void givenATableOfVectors_whenItIsExported_thenItTakesIndicesAsFloats() throws Exception {
    Module model = new Embedding(5, 3);
    OnnxFile.save(file, model, new long[] {2}, PROVENANCE);
    Tensor indices = torch.tensor(new long[] {4, 0, 3, 3}).reshape(2, 2);
    try (OnnxRun run = new OnnxRun(file)) {
      Tensor vectors = run.logits(indices.to(ScalarType.Float));
      assertThat(torch.equal(vectors, model.forward(indices))).isTrue();
    }
  }

  @Test
  void givenTheRegister_whenEachModelIsMade_thenEveryPartOfItCanBeExported() {
    Models.all()
        .forEach(
            entry ->
                assertThat(entry.create(ModelOptions.none()).namedModules().values())
                    .allMatch(Exportable.class::isInstance));
  }
}
