package io.github.steelyard.composition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.steelyard.composition.Combination.Training;
import io.github.steelyard.nn.Module;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pairs of methods that act on weights while they are trained. */
@Tag("once")
class TrainedPairsTest {
  @TempDir Path folder;

  @ParameterizedTest(name = "{1} and {2} on the network {0}")
  @CsvSource({
    "CONVOLUTIONAL, SGDP, LSQ",
    "TRANSFORMER, ADAMP, QKR",
    "CONVOLUTIONAL, SGDP, FIXED_COMPANDER",
    "TRANSFORMER, ADAMP, LEARNED_COMPANDER",
    "CONVOLUTIONAL, ADAMP, TSCNC",
    "PERCEPTRON, SGDP, TSCNC",
    "PERCEPTRON, FIXED_COMPANDER, LSQ",
    "TRANSFORMER, LEARNED_COMPANDER, STATSQ",
    "CONVOLUTIONAL, LEARNED_COMPANDER, LSQ",
    "CONVOLUTIONAL, TSCNC, LSQ",
    "TRANSFORMER, TSCNC, LSQ",
    "PERCEPTRON, FIXED_COMPANDER, TSCNC",
    "CONVOLUTIONAL, LEARNED_COMPANDER, TSCNC",
  })
  void givenTwoMethods_whenTrainedResumedMaterializedAndExported_thenEveryFormComputesTheSame(
      Network network, Part one, Part two) throws Exception {
    Combination pair = new Combination(network, List.of(one, two));

    Training whole = pair.trained(folder.resolve("whole"));
    Training resumed = pair.resumed(folder.resolve("resumed"));

    Map<String, Tensor> state = whole.model().stateDict();
    assertThat(resumed.model().stateDict().keySet()).isEqualTo(state.keySet());
    state.forEach(
        (name, tensor) ->
            assertThat(resumed.model().stateDict().get(name).equal(tensor)).as(name).isTrue());
    pair.parts().forEach(part -> part.requireActed(whole.model(), whole.optimizer()));
    Tensor trained = Network.logits(whole.model());
    Shipped shipped = new Shipped(pair.finished(whole.model()), pair.quantization());
    assertThat(Network.difference(Network.logits(shipped.model()), trained)).isZero();
    assertThat(shipped.model().stateDict().keySet())
        .noneMatch(name -> name.contains("parametrizations"));
    if (pair.parts().contains(Part.TSCNC)) {
      assertThat(shipped.sparsity()).isGreaterThan(0.4);
    }
    shipped.requireSameInFiles(folder, network.create(Network.CLASSES));
  }

  @ParameterizedTest(name = "{1} and {2} on the network {0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "PERCEPTRON | TSCNC | STATSQ | the weight of 'fc2' is pruned, but StatsQ(3 bits) has no"
            + " level at zero",
        "TRANSFORMER | TSCNC | STATSQ | use the method lsq with at least 2 bits",
        "TRANSFORMER | TSCNC | QKR | 'blocks.0.attn.qkv' has a parametrized weight, which query-key"
            + " reparameterization cannot split; materialize it first",
        "TRANSFORMER | LEARNED_COMPANDER | QKR | 'blocks.0.attn.qkv' has a parametrized weight",
      })
  void givenMethodsThatExcludeEachOther_whenTheyAreCombined_thenTheReasonAndTheRemedyAreNamed(
      Network network, Part one, Part two, String reason) {
    Module model = new Combination(network, List.of(one)).model();
    Tensor before = Network.logits(model);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> two.prepare(model, network))
        .withMessageContaining(reason);
    assertThat(Network.difference(Network.logits(model), before)).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "LSQ | FIXED_COMPANDER | compand the model first, then quantize",
        "STATSQ | TSCNC | prune first, then quantize",
        "TSCNC | LEARNED_COMPANDER | compand the model first, then quantize or mask",
        "LSQ | STATSQ | the model is quantized already",
        "FIXED_COMPANDER | LEARNED_COMPANDER | is companded already",
      })
  void givenTheWrongOrder_whenTheSecondMethodIsPutOn_thenTheRightOrderIsNamed(
      Part first, Part second, String order) {
    Module model = new Combination(Network.PERCEPTRON, List.of(first)).model();
    Tensor before = Network.logits(model);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> second.prepare(model, Network.PERCEPTRON))
        .withMessageContaining(order);
    assertThat(Network.difference(Network.logits(model), before)).isZero();
  }
}
