package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.nn.AvgPool2d;
import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.MaxPool2d;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.nn.SiLU;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.nn.models.WideResNet;
import io.github.steelyard.nn.models.WideResNetConfiguration;
import io.github.steelyard.quant.ConvertQuantization;
import io.github.steelyard.quant.LayerBits;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.robust.RemoveClosedChannels.Removed;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
class RemoveClosedChannelsTest {
  @BeforeEach
  void seed() {
    Seeds.set(12);
  }

  private static final double CLOSED = Math.log(0.01);

  /** Two convolutions, a normalization, an activation that maps nothing but 0 to 0, pooling. */
  private static Module convolutions() {
    return new Sequential(
        new Conv2d(Conv2dConfiguration.of(1, 8, 3).withPadding(1)),
        new BatchNorm2d(8),
        new SiLU(),
        new MaxPool2d(2, 2, 0),
        new Conv2d(Conv2dConfiguration.of(8, 6, 3).withPadding(1)),
        new SiLU(),
        new Flatten(),
        new Linear(6 * 16, 3));
  }

  private static Module gated(Module model) {
    return new AddGates(GatesConfiguration.defaults()).apply(model);
  }

  /** Normalizations as after training: every channel has another constant. */
  private static void stirNormalizations(Module model) {
    Scope.withoutGradient(
        () ->
            model
                .stateDict()
                .forEach(
                    (name, tensor) -> {
                      if (name.endsWith("running_mean")
                          || name.matches(".*(bn\\d|^1)\\.(weight|bias)")
                          || name.matches("1\\.(weight|bias)")) {
                        tensor.uniform_(-0.5, 0.5, new GeneratorOptional());
                      }
                    }));
  }

  private static void close(Module model, String path, int... channels) {
    Tensor logAlpha = HardConcreteGate.of(model).get(path).logAlpha().tensor();
    Scope.withoutGradient(
        () -> {
          for (int channel : channels) {
            logAlpha.select(0, channel).fill_(new Scalar(CLOSED));
          }
        });
  }

  private static Tensor logits(Module model, Tensor inputs) {
    return Scope.computeWithoutGradient(() -> model.forward(inputs));
  }

  private static void assertSame(Tensor computed, Tensor expected) {
    double error = computed.sub(expected).abs().max().item_double();
    assertThat(error).isLessThan(1e-5 * Math.max(1, expected.abs().max().item_double()));
  }

  private static long filters(Module model, String path) {
    return LayerWeights.of(model).get(path).shape()[0];
  }

  @Test
  void givenClosedGates_whenTheirChannelsAreRemoved_thenTheSmallerNetworkComputesTheSame() {
    Module model = gated(convolutions());
    stirNormalizations(model);
    close(model, "0", 1, 4, 5);
    close(model, "4", 0, 3);
    model.eval();
    Tensor inputs = torch.randn(5, 1, 8, 8);
    Tensor expected = logits(model, inputs);

    List<Removed> removed = new RemoveClosedChannels(torch.randn(2, 1, 8, 8)).remove(model);

    assertSame(logits(model, inputs), expected);
    // The normalization shifts the closed ones; without one they are 0 and nothing is left of them.
    assertThat(removed)
        .containsExactly(new Removed("0", 8, 6, 3, true), new Removed("4", 6, 4, 2, false));
    assertThat(removed.get(0).describe())
        .isEqualTo(
            "0: 6 of 8 channels stay, one of them closed, for what the closed ones add behind"
                + " their normalization");
    assertThat(removed.get(1).describe()).isEqualTo("4: 4 of 6 channels stay");
    assertThat(filters(model, "0")).isEqualTo(6);
    assertThat(filters(model, "4")).isEqualTo(4);
    assertThat(LayerWeights.of(model).get("7").shape()).containsExactly(3, 64);
    assertThat(model.stateDict().keySet())
        .containsExactlyElementsOf(convolutions().stateDict().keySet());
    assertThat(model.isTraining()).isFalse();
    Module fresh = convolutions();
    ChannelRemoval.fit(fresh, model.stateDict());
    fresh.loadStateDict(model.stateDict());
    fresh.eval();
    assertThat(torch.equal(logits(fresh, inputs), logits(model, inputs))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet8", "resnet50", "wide_resnet"})
  void givenAResidualNetwork_whenClosedChannelsAreRemoved_thenTheSmallerNetworkComputesTheSame(
      String name) {
    ModelOptions options =
        ModelOptions.none().with(o -> o.inputChannels = 1).with(o -> o.classes = 4);
    Module model =
        gated(
            name.equals("wide_resnet")
                ? new WideResNet(new WideResNetConfiguration(10, 2, 1, 4, 0))
                : Models.create(name, options));
    stirNormalizations(model);
    List<String> paths = new ArrayList<>(HardConcreteGate.of(model).keySet());
    close(model, paths.get(0), 0, 2, 3, 7, 8);
    close(model, paths.get(2), 1, 5);
    model.eval();
    Tensor inputs = torch.rand(3, 1, 40, 40);
    Tensor expected = logits(model, inputs);
    long before = Models.countParameters(model);

    List<Removed> removed = new RemoveClosedChannels(inputs.narrow(0, 0, 1)).remove(model);

    assertSame(logits(model, inputs), expected);
    assertThat(removed).hasSize(paths.size());
    assertThat(removed.get(0).closed()).isEqualTo(5);
    assertThat(removed.get(0).kept())
        .isBetween(removed.get(0).channels() - 5, removed.get(0).channels() - 4);
    assertThat(Models.countParameters(model)).isLessThan(before);
  }

  @ParameterizedTest
  @CsvSource({"0, 8, true", "4, 6, false"})
  void givenALayerWhoseGatesAllClose_whenRemoved_thenOneChannelStaysAndItIsSaid(
      String path, int channels, boolean carries) {
    Module model = gated(convolutions());
    stirNormalizations(model);
    close(model, path, IntStream.range(0, channels).toArray());
    model.eval();
    Tensor inputs = torch.randn(5, 1, 8, 8);
    Tensor expected = logits(model, inputs);

    List<Removed> removed = new RemoveClosedChannels(inputs).remove(model);

    Removed all = removed.stream().filter(one -> one.path().equals(path)).findFirst().orElseThrow();
    assertThat(all).isEqualTo(new Removed(path, channels, 1, channels, carries));
    assertThat(all.describe())
        .isEqualTo(
            path
                + ": 1 of "
                + channels
                + " channels stay; all its gates closed, and one channel stays, since a layer"
                + " needs one");
    assertSame(logits(model, inputs), expected);
    assertThat(filters(model, path)).isEqualTo(1);
  }

  @Test
  void givenAnAverageOverPadding_whenClosedChannelsAreNotConstant_thenTheyStay() {
    Module model =
        new Sequential(
            new Conv2d(Conv2dConfiguration.of(1, 4, 3).withPadding(1)),
            new BatchNorm2d(4),
            new AvgPool2d(3, 1, 1),
            new Conv2d(Conv2dConfiguration.of(4, 2, 3)));
    gated(model);
    stirNormalizations(model);
    close(model, "0", 1, 2);
    model.eval();
    Tensor inputs = torch.randn(2, 1, 6, 6);
    Tensor expected = logits(model, inputs);

    List<Removed> removed = new RemoveClosedChannels(inputs).remove(model);

    assertThat(removed).containsExactly(new Removed("0", 4, 4, 2, false));
    assertThat(torch.equal(logits(model, inputs), expected)).isTrue();
  }

  @Test
  void givenGatesOnInputUnits_whenClosed_thenTheUnitsAreRemovedFromBothLayers() {
    Module model =
        Models.create(
            "mlp",
            ModelOptions.none().with(o -> o.hidden = List.of(12, 9)).with(o -> o.classes = 3));
    new AddGates(GatesConfiguration.ofInputs(List.of("fc2", "fc3"))).apply(model);
    close(model, "fc2", 0, 3, 11);
    close(model, "fc3", 5);
    model.eval();
    Tensor inputs = torch.rand(4, 1, 28, 28);
    Tensor expected = logits(model, inputs);

    List<Removed> removed = new RemoveClosedChannels(inputs).remove(model);

    assertThat(removed)
        .containsExactly(new Removed("fc1", 12, 9, 3, false), new Removed("fc2", 9, 8, 1, false));
    assertSame(logits(model, inputs), expected);
    assertThat(LayerWeights.of(model).get("fc2").shape()).containsExactly(8, 9);
  }

  @Test
  void givenMasksOfAnotherOrigin_whenTheyEmptyAChannel_thenItIsRemovedLikeAClosedOne() {
    Module model = convolutions();
    Tensor kept = torch.ones(8, 1, 3, 3).gt(new Scalar(0.0));
    kept.select(0, 6).fill_(new Scalar(0.0));
    kept.select(0, 0).select(1, 1).fill_(new Scalar(0.0));
    LayerWeights.of(model).get("0").parametrize(new PruningMask(kept));
    gated(model);
    Scope.withoutGradient(
        () -> model.namedParameters().get("0.parametrizations.bias.original").tensor().zero_());
    close(model, "0", 2);
    model.eval();
    Tensor inputs = torch.randn(3, 1, 8, 8);
    Tensor expected = logits(model, inputs);

    List<Removed> removed = new RemoveClosedChannels(inputs).remove(model);

    assertThat(removed.get(0).closed()).isEqualTo(2);
    assertSame(logits(model, inputs), expected);
    // The other masked weights are zero still, now without a mask.
    assertThat(SparsityReport.of(model).layers().get(0).zeros()).isGreaterThanOrEqualTo(3);
  }

  @Test
  void givenRemovedChannels_whenQuantizedByLsq_thenTheNetworkConverts() {
    Module model = gated(convolutions());
    close(model, "0", 1, 2);
    Tensor inputs = torch.randn(3, 1, 8, 8);
    new RemoveClosedChannels(inputs).apply(model);
    new MagnitudePruning(PruningConfiguration.layerWise(0.5)).apply(model);
    QuantizationConfiguration lsq =
        new QuantizationConfiguration(
            new LayerBits(4, LayerBits.FLOAT),
            "lsq",
            false,
            new LayerBits(8, LayerBits.FLOAT),
            List.of());

    Module quantized = new PrepareQuantization(lsq, inputs).apply(model);
    quantized.eval();
    Tensor expected = logits(quantized, inputs);
    Module converted = new ConvertQuantization().apply(quantized);

    assertSame(logits(converted, inputs), expected);
  }

  @Test
  void givenADepthwiseConvolutionBetween_whenChannelsClose_thenTheNetworkComputesTheSame() {
    Module model =
        new Sequential(
            new Conv2d(Conv2dConfiguration.of(1, 6, 3).withPadding(1)),
            new BatchNorm2d(6),
            new Conv2d(Conv2dConfiguration.of(6, 6, 3).withPadding(1).withGroups(6)),
            new Conv2d(Conv2dConfiguration.of(6, 2, 1)));
    gated(model);
    stirNormalizations(model);
    // The first two vanish behind the normalization, the third does not.
    Scope.withoutGradient(
        () -> {
          for (long channel = 0; channel < 2; channel++) {
            model.stateDict().get("1.bias").select(0, channel).zero_();
            model.stateDict().get("1.running_mean").select(0, channel).zero_();
            model.stateDict().get("2.bias").select(0, channel).zero_();
          }
        });
    close(model, "0", 0, 1, 2);
    model.eval();
    Tensor inputs = torch.randn(3, 1, 6, 6);
    Tensor expected = logits(model, inputs);
    double open = GateReport.expectedOpen(HardConcreteGate.of(model).get("0")) / 6;
    GateReport report = GateReport.of(model, inputs);
    assertThat(report.expectedWeights()).isCloseTo((54 + 54 + 12) * open, within(1e-3));

    List<Removed> removed = new RemoveClosedChannels(inputs).remove(model);

    assertThat(removed).contains(new Removed("0", 6, 4, 3, false));
    assertSame(logits(model, inputs), expected);
    assertThat(LayerWeights.of(model).get("2").shape()).containsExactly(4, 1, 3, 3);
  }

  @Test
  void givenSqueezeAndExcitation_whenItsChannelsAreGated_thenItIsRefused() {
    Module model =
        Models.create("mobilenetv3_small_100", ModelOptions.none().with(o -> o.classes = 3));
    List<String> mixed =
        ChannelRemoval.chains(model).stream()
            .filter(chain -> !AddGates.closable(model).contains(chain))
            .map(ChannelChain::producer)
            .toList();
    assertThat(mixed).isNotEmpty();
    GatesConfiguration one =
        new GatesConfiguration(1, 0.3, List.of(mixed.get(0)), List.of(), List.of());

    assertThatThrownBy(() -> new AddGates(one).apply(model))
        .hasMessageContaining("squeeze-and-excitation mixes them");
  }

  @Test
  void givenAModelWithoutGatesOrQuantized_whenRemoved_thenItIsRefused() {
    RemoveClosedChannels removal = new RemoveClosedChannels(torch.randn(1, 1, 8, 8));
    assertThatThrownBy(() -> removal.apply(convolutions()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has no gates");
  }

  @Test
  void givenOpenGatesThatAreNotWhole_whenRemoved_thenTheyAreMultipliedIntoTheWeights() {
    Module model = gated(convolutions());
    Map<String, HardConcreteGate> gates = HardConcreteGate.of(model);
    Tensor open = gates.get("0").evaluationGates().detach();
    Parameter weight = LayerWeights.of(model).get("0");
    Tensor stored = weight.tensor().detach().clone();
    assertThat(open.max().item_double()).isCloseTo(0.74, within(0.02));

    new RemoveClosedChannels(torch.randn(1, 1, 8, 8)).apply(model);

    assertThat(torch.equal(weight.value().detach(), stored.mul(open.reshape(-1, 1, 1, 1))))
        .isTrue();
    assertThat(model.isTraining()).isTrue();
  }
}
