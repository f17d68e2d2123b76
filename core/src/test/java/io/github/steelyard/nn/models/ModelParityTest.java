package io.github.steelyard.nn.models;

import static io.github.steelyard.nn.Reference.assertClose;
import static io.github.steelyard.nn.Reference.noise;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.nn.DistilledClassifier;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Reference;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every model of the register has the state dict and the numbers of its public counterpart. */
@Tag("once")
class ModelParityTest {
  /**
   * In these, images would leave no trace in the logits: no shortcuts, or gates and few of them.
   */
  private static final Set<String> HIGH_GAIN =
      Set.of(
          "vgg16_bn",
          "vgg16_bn_cifar",
          "mobilenetv2_100",
          "mobilenetv3_small_100",
          "efficientnet_b0");

  private static Map<String, Tensor> expected;

  static List<ModelEntry> all() {
    return new OwnModels().models();
  }

  @BeforeAll
  static void readReference() {
    expected = Reference.tensors("logits.safetensors");
  }

  @ParameterizedTest
  @MethodSource("all")
  void givenAModelOfTheRegister_whenItIsComparedWithItsPublicCounterpart_thenItIsTheSame(
      ModelEntry entry) {
    Module model = entry.create(ModelOptions.none());
    List<String> lines = new ArrayList<>();
    model
        .stateDict()
        .forEach((name, tensor) -> lines.add(name + " " + Arrays.toString(tensor.shape())));
    assertThat(lines)
        .containsExactlyElementsOf(Reference.lines("state-dicts/" + entry.name() + ".txt"));
    assertThat(Models.countParameters(model)).isEqualTo(entry.parameterCount());

    // Large images would only cost time: the logits are those of a smaller image.
    int size = Math.min(64, entry.inputShape().get(1));
    ModelOptions smaller = ModelOptions.none();
    if (entry.name().contains("_patch")) {
      smaller = smaller.with(o -> o.imageSize = size);
    } else if (entry.name().equals("vgg16_bn")) {
      smaller = smaller.with(o -> o.hidden = List.of(64, 64));
    }
    Module small = smaller.chosen().isEmpty() ? model : entry.create(smaller);
    Reference.fill(small, HIGH_GAIN.contains(entry.name()) ? 1.5 : 1);
    small.eval();
    assertLogits(entry, small, size);
  }

  /** Token rows keep their length. */
  private static long width(ModelEntry entry, int size) {
    List<Integer> shape = entry.inputShape();
    return shape.get(1).equals(shape.get(2)) ? size : shape.get(2);
  }

  private static void assertLogits(ModelEntry entry, Module model, int size) {
    Scope.withoutGradient(
        () -> {
          Tensor images =
              noise(1000, 2, entry.inputShape().get(0), size, width(entry, size))
                  .to(ScalarType.Float);
          assertLogits(entry.name(), model.forward(images));
          if (model instanceof DistilledClassifier distilled) {
            DistilledClassifier.HeadLogits heads = distilled.forwardHeads(images);
            assertLogits(entry.name() + ".head", heads.classification());
            assertLogits(entry.name() + ".head_dist", heads.distillation());
          }
        });
  }

  private static void assertLogits(String name, Tensor logits) {
    Tensor stored = expected.get(name);
    assertClose(name, logits.narrow(1, 0, stored.size(1)), stored, 1e-4);
  }
}
