package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.LayerNorm;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.Submodule;
import io.github.steelyard.nn.models.BlockPerceptron;
import io.github.steelyard.nn.models.BlockPerceptronConfiguration;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class DegeneracyTest {
  private final Module model = TinyNetworks.perceptron(Activation.RELU, 6, List.of(9, 8), 4);
  private final Tensor inputs = TinyNetworks.normal(31, 300, 6);

  /** Makes a unit of the first layer a multiple of another one. */
  private void duplicate(int unit, int of, double scale) {
    Linear first = TinyNetworks.linear(model, "fc1");
    Scope.withoutGradient(
        () -> {
          Tensor weight = first.weight().tensor();
          Tensor bias = first.bias().orElseThrow().tensor();
          weight.select(0, unit).copy_(weight.select(0, of).mul(new Scalar(scale)));
          bias.narrow(0, unit, 1).copy_(bias.narrow(0, of, 1).mul(new Scalar(scale)));
        });
  }

  private void kill(int unit) {
    Linear first = TinyNetworks.linear(model, "fc1");
    Scope.withoutGradient(
        () -> {
          first.weight().tensor().select(0, unit).zero_();
          first.bias().orElseThrow().tensor().narrow(0, unit, 1).fill_(new Scalar(-1.0));
        });
  }

  private DegeneracyReport measure() {
    return new Degeneracy(Degeneracy.DEFAULT_TOLERANCE)
        .measure(model, TinyNetworks.batches(inputs, 100));
  }

  @Test
  void givenAGenericNetwork_whenMeasured_thenOnlyScalesAreFree() {
    DegeneracyReport report = measure();

    assertThat(report.layers())
        .extracting(LayerDegeneracy::name)
        .containsExactly("fc1", "fc2", "fc3");
    LayerDegeneracy first = report.layers().get(0);
    assertThat(first.inputs()).isEqualTo(7);
    assertThat(first.inputRank()).isEqualTo(7);
    assertThat(first.gradientRank()).isEqualTo(first.outputs() - report.firing().get(0).dead());
    assertThat(report.parameters()).isEqualTo(7 * 9 + 10 * 8 + 9 * 4);
    assertThat(report.firing()).hasSize(2);
    assertThat(report.firing().get(0).meanJaccard()).isBetween(0.05, 0.95);
  }

  @Test
  void givenFewerSamplesThanInputs_whenMeasured_thenTheReportSaysWhoseRankIsTheSamples() {
    DegeneracyReport few =
        new Degeneracy(Degeneracy.DEFAULT_TOLERANCE)
            .measure(model, TinyNetworks.batches(inputs.narrow(0, 0, 5), 2));

    assertThat(few.layers().get(0).inputRank()).isEqualTo(5);
    assertThat(few.layers().get(0).rows()).isEqualTo(5);
    assertThat(few.limitedByData()).extracting(LayerDegeneracy::name).contains("fc1");
    assertThat(few.effectiveParameters()).isLessThan(measure().effectiveParameters());
    assertThat(measure().limitedByData()).isEmpty();
  }

  @Test
  void givenDuplicatesAndADeadUnit_whenMeasured_thenRanksFallByTheirNumber() {
    DegeneracyReport before = measure();
    int rank = before.layers().get(1).inputRank();
    duplicate(5, 0, 2);
    duplicate(6, 0, 0.5);
    kill(7);

    DegeneracyReport after = measure();

    assertThat(after.layers().get(1).inputRank()).isEqualTo(rank - 3);
    FiringDegeneracy firing = after.firing().get(0);
    assertThat(firing.dead()).isEqualTo(before.firing().get(0).dead() + 1);
    assertThat(firing.groups()).contains(List.of(0, 5, 6));
    int group = firing.groups().indexOf(List.of(0, 5, 6));
    assertThat(firing.groupRanks().get(group)).isEqualTo(1);
    assertThat(firing.synchronizedPairs()).isPositive();
    assertThat(after.effectiveParameters()).isLessThan(before.effectiveParameters());
    assertThat(model.getSubmodule("fc1")).isInstanceOf(Linear.class);
  }

  @Test
  void givenDuplicatesAndADeadUnit_whenReduced_thenTheSmallerNetworkComputesTheSame() {
    duplicate(5, 0, 2);
    duplicate(6, 1, 0.5);
    kill(7);
    Scope.withoutGradient(
        () -> TinyNetworks.linear(model, "fc3").weight().tensor().select(1, 2).zero_());
    Tensor before = Scope.computeWithoutGradient(() -> model.forward(inputs));

    Reduction reduction =
        new NetworkReduction(NetworkReduction.DEFAULT_TOLERANCE)
            .reduce(model, TinyNetworks.batches(inputs, 100));

    ReducedLayer first = reduction.layers().get(0);
    assertThat(first.producer()).isEqualTo("fc1");
    assertThat(first.consumer()).isEqualTo("fc2");
    assertThat(first.after()).isLessThanOrEqualTo(9 - 3);
    assertThat(reduction.layers().get(1).withoutEffect()).isEqualTo(1);
    assertThat(TinyNetworks.linear(model, "fc1").outFeatures()).isEqualTo(first.after());
    assertThat(reduction.parametersAfter()).isLessThan(reduction.parametersBefore());
    Tensor after = Scope.computeWithoutGradient(() -> model.forward(inputs));
    assertThat(TinyNetworks.distance(before, after))
        .isEqualTo(reduction.largestDifference())
        .isLessThan(1e-9);
    assertThat(reduction.largestOutput()).isEqualTo(TinyNetworks.largest(before));
  }

  @Test
  void givenSinglePrecision_whenReduced_thenTheDifferenceIsRounding() {
    duplicate(5, 0, 2);
    model.to(ScalarType.Float);
    Tensor single = inputs.to(ScalarType.Float);
    Reduction reduction =
        new NetworkReduction(NetworkReduction.DEFAULT_TOLERANCE)
            .reduce(model, TinyNetworks.batches(single, 100));
    assertThat(reduction.layers().get(0).after()).isLessThan(9);
    assertThat(reduction.largestDifference()).isLessThan(1e-5);
    assertThat(TinyNetworks.linear(model, "fc1").weight().tensor().scalar_type().intern())
        .isEqualTo(ScalarType.Float);
  }

  /** Reads a hidden layer twice, once behind the modules' back. */
  private static final class Twice extends Module {
    private final Submodule first = submodule("first", new Linear(6, 8));
    private final Submodule act = submodule("act", Activation.RELU.module());
    private final Submodule second = submodule("second", new Linear(8, 3));

    @Override
    public Tensor forward(Tensor x) {
      Tensor hidden = act.forward(first.forward(x));
      return second.forward(hidden).add(hidden.sum(1).unsqueeze(1).mul(new Scalar(5.0)));
    }
  }

  /** Two linear layers with something between them. */
  private static Module around(Module between) {
    return new Sequential(new Linear(6, 8), between, new Linear(8, 3));
  }

  @Test
  void givenNoHiddenLayerThatCanBeReduced_whenReduced_thenEachLayerIsToldWhatIsInItsWay() {
    Module blocks =
        new BlockPerceptron(
            BlockPerceptronConfiguration.ofClasses(2, 3, List.of(5, 5), 4, Activation.RELU));
    blocks.to(ScalarType.Double);
    Module normed = around(new LayerNorm(8));
    normed.to(ScalarType.Double);
    Module alone = new Linear(6, 3);
    alone.to(ScalarType.Double);
    assertNotReduced(
        blocks,
        inputs.reshape(-1, 2, 3),
        "BlockPerceptron has no hidden layer",
        "'fc1.block0', 'fc1.block1', 'fc2.block0' and 3 more read what no module hands on as it"
            + " made it, but a call on tensors such as a slice");
    assertNotReduced(normed, inputs, "'2' read what LayerNorm", "at '1' made");
    assertNotReduced(alone, inputs, "it has no Linear module behind another");
    Module shared = new Linear(6, 6);
    Module twice = new Sequential(shared, shared);
    twice.to(ScalarType.Double);
    assertNotReduced(twice, inputs, "'0' before them runs, more than once");
  }

  private static void assertNotReduced(Module model, Tensor inputs, String... reasons) {
    assertThatThrownBy(
            () -> new NetworkReduction(0).reduce(model, TinyNetworks.batches(inputs, 100)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(reasons)
        .hasMessageEndingWith("or reduce the parts as networks of their own");
  }

  @Test
  void givenAHiddenLayerThatSomethingElseReads_whenReduced_thenItIsRefusedAndNothingChanges() {
    Module twice = new Twice();
    Module first = twice.getSubmodule("first");
    twice.to(ScalarType.Double);
    Scope.withoutGradient(
        () -> {
          Tensor weight = ((Linear) first).weight().tensor();
          weight.select(0, 3).copy_(weight.select(0, 1));
          Tensor bias = ((Linear) first).bias().orElseThrow().tensor();
          bias.narrow(0, 3, 1).copy_(bias.narrow(0, 1, 1));
        });
    assertThatThrownBy(
            () -> new NetworkReduction(1e-10).reduce(twice, TinyNetworks.batches(inputs, 100)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("first");
    assertThat(twice.getSubmodule("first")).isSameAs(first);
  }

  @Test
  void givenWrongSettings_whenMeasured_thenTheErrorNamesThem() {
    assertThatThrownBy(() -> new Degeneracy(1)).hasMessageContaining("1");
    assertThatThrownBy(() -> new NetworkReduction(-1)).hasMessageContaining("-1");
    assertThatThrownBy(
            () ->
                new NetworkReduction(0)
                    .reduce(
                        new Linear(6, 2), TinyNetworks.batches(inputs.to(ScalarType.Float), 10)))
        .hasMessageContaining("no hidden layer");
  }
}
