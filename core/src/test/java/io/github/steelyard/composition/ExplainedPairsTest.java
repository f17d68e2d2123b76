package io.github.steelyard.composition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.incremental.IncrementalConfiguration;
import io.github.steelyard.incremental.IncrementalLearner;
import io.github.steelyard.incremental.MemoryConfiguration;
import io.github.steelyard.incremental.Scenario;
import io.github.steelyard.incremental.Strategies;
import io.github.steelyard.incremental.StreamData;
import io.github.steelyard.incremental.TinyStream;
import io.github.steelyard.interaction.BiasFolding;
import io.github.steelyard.interaction.Degeneracy;
import io.github.steelyard.interaction.InteractionBasis;
import io.github.steelyard.interaction.InteractionConfiguration;
import io.github.steelyard.interaction.InteractionResult;
import io.github.steelyard.interaction.NetworkReduction;
import io.github.steelyard.interaction.Reduction;
import io.github.steelyard.interaction.Segments;
import io.github.steelyard.interaction.SegmentsConfiguration;
import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.AdamP;
import io.github.steelyard.optim.AdamPConfiguration;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.train.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The interaction basis of networks that another method made. */
@Tag("once")
class ExplainedPairsTest {
  private static final List<String> LAYERS = List.of("hidden1", "hidden2", Segments.OUTPUT);
  private static final BatchSource DATA =
      new ComputedBatches(4, (epoch, number) -> Network.batch(50, number));

  @TempDir Path folder;

  private InteractionResult explained(Module model, BiasFolding biases, String files)
      throws IOException {
    try (Segments segments =
        Segments.open(
            model,
            LAYERS,
            Network.images(),
            new SegmentsConfiguration(biases, ScalarType.Double))) {
      return new InteractionBasis(InteractionConfiguration.local())
          .compute(segments, DATA, folder.resolve(files));
    }
  }

  private static void requireSame(InteractionResult one, InteractionResult other, double largest) {
    for (int i = 0; i < LAYERS.size(); i++) {
      assertThat(one.layers().get(i).rank()).isEqualTo(other.layers().get(i).rank()).isPositive();
      Tensor lambda = one.layers().get(i).lambda();
      assertThat(Network.difference(lambda, other.layers().get(i).lambda()))
          .isLessThanOrEqualTo(largest * Network.largest(lambda));
    }
    for (int i = 0; i + 1 < LAYERS.size(); i++) {
      Tensor edges = one.edges().get(i).weights();
      assertThat(Network.largest(edges)).isPositive();
      assertThat(Network.difference(edges, other.edges().get(i).weights()))
          .isLessThanOrEqualTo(largest * Network.largest(edges));
    }
  }

  /**
   * Files of an analysis survive an interruption; the trained and the shipped model are explained
   * alike.
   */
  private Module requireExplained(Module trained, Combination combination, BiasFolding biases)
      throws IOException {
    Tensor before = Network.logits(trained);
    InteractionResult whole = explained(trained, biases, "whole");
    Files.delete(folder.resolve("whole/bases.safetensors"));
    Files.delete(folder.resolve("whole/edges.1.safetensors"));
    requireSame(explained(trained, biases, "whole"), whole, 0);
    assertThat(Network.difference(Network.logits(trained), before)).isZero();

    Module shipped = combination.finished(trained);
    requireSame(explained(shipped, biases, "shipped"), whole, 1e-5);
    assertThat(Network.difference(Network.logits(shipped), before)).isZero();
    return shipped;
  }

  private void requireReduced(Module shipped) throws Exception {
    Degeneracy degeneracy = new Degeneracy(Degeneracy.DEFAULT_TOLERANCE);
    assertThat(degeneracy.measure(shipped, DATA).effectiveParameters())
        .isPositive()
        .isLessThanOrEqualTo(degeneracy.measure(shipped, DATA).parameters());
    Tensor before = Network.logits(shipped);
    Reduction reduction =
        new NetworkReduction(NetworkReduction.DEFAULT_TOLERANCE).reduce(shipped, DATA);
    assertThat(reduction.parametersAfter()).isLessThanOrEqualTo(reduction.parametersBefore());
    assertThat(Network.difference(Network.logits(shipped), before))
        .isCloseTo(0, within(1e-2 * Network.largest(before)));
  }

  @ParameterizedTest(name = "{0} and the interaction basis")
  @EnumSource(names = {"ADAMP", "SGDP", "FIXED_COMPANDER", "LEARNED_COMPANDER", "TSCNC"})
  void givenATrainedNetwork_whenItIsExplained_thenTheShippedOneIsExplainedAlikeAndReduces(Part part)
      throws Exception {
    Combination combination = new Combination(Network.PERCEPTRON, List.of(part));
    Module trained = combination.resumed(folder.resolve("run")).model();

    Module shipped = requireExplained(trained, combination, BiasFolding.FOLDED);

    new Shipped(shipped, Optional.empty())
        .requireSameInFiles(folder, Network.PERCEPTRON.create(Network.CLASSES));
    requireReduced(shipped);
  }

  @ParameterizedTest(name = "{0} and the interaction basis")
  @EnumSource(names = {"LSQ", "STATSQ"})
  void givenAQuantizedNetwork_whenItIsExplained_thenBiasesBelongToTheFunction(Part part)
      throws Exception {
    Combination combination = new Combination(Network.PERCEPTRON, List.of(part));
    Module trained = combination.resumed(folder.resolve("run")).model();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> explained(trained, BiasFolding.FOLDED, "refused"))
        .withMessageContaining("use BiasFolding.FIXED");
    Module shipped = requireExplained(trained, combination, BiasFolding.FIXED);

    new Shipped(shipped, combination.quantization())
        .requireSameInFiles(folder, Network.PERCEPTRON.create(Network.CLASSES));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> requireReduced(shipped))
        .withMessageContaining("no hidden layer between two Linear modules");
  }

  @Test
  void givenANetworkThatLearnedClasses_whenItIsExplained_thenItReducesAndComputesTheSame()
      throws Exception {
    StreamData data = TinyStream.stream();
    IncrementalLearner learner =
        new IncrementalLearner(
            IncrementalConfiguration.of(
                Strategies.get("wa"),
                MemoryConfiguration.total(24),
                TrainingConfiguration.ofEpochs(2).with(t -> t.seed = 5)),
            Network.PERCEPTRON::made,
            model -> new AdamP(ParameterGroup.of(model, 0.01, 0), AdamPConfiguration.defaults()));
    learner.run(data, Scenario.of(data.training(), List.of(3, 3)));

    Module shipped =
        requireExplained(
            learner.model(),
            new Combination(Network.PERCEPTRON, List.of(Part.ADAMP)),
            BiasFolding.FOLDED);

    new Shipped(shipped, Optional.empty()).requireSameInFiles(folder, Network.PERCEPTRON.create(6));
    requireReduced(shipped);
  }
}
