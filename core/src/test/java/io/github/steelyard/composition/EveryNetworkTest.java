package io.github.steelyard.composition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.incremental.ClassifierHead;
import io.github.steelyard.incremental.GrowHead;
import io.github.steelyard.interaction.InteractionBasis;
import io.github.steelyard.interaction.InteractionConfiguration;
import io.github.steelyard.interaction.InteractionResult;
import io.github.steelyard.interaction.Segments;
import io.github.steelyard.io.onnx.OnnxFile;
import io.github.steelyard.io.onnx.OnnxRun;
import io.github.steelyard.nn.BatchNorm;
import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.InnerChannels;
import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.Reference;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.nn.models.SmallNetworks;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.quant.ConvertQuantization;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.robust.MagnitudePruning;
import io.github.steelyard.robust.PruningConfiguration;
import io.github.steelyard.robust.SparsityReport;
import io.github.steelyard.robust.StructuredPruning;
import io.github.steelyard.robust.StructuredPruningConfiguration;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every family of convolutional networks goes through every stage of a network's life. */
@Tag("once")
class EveryNetworkTest {
  private static final Provenance PROVENANCE = Provenance.now(0, Map.of(), Map.of(), List.of());

  /** The families, by networks as small as their kind allows. */
  @SuppressWarnings("ImmutableEnumChecker") // Nothing changes them.
  enum Family {
    WIDE_RESNET(() -> SmallNetworks.wideResNet(1), 1, 16, "pooled"),
    VGG(() -> SmallNetworks.vgg(List.of(12, 10)), 1, 64, "pooled", "classifier.hidden1"),
    VGG_CIFAR(() -> SmallNetworks.vgg(List.of()), 1, 32, "pooled"),
    MOBILENET_V2(SmallNetworks::mobileNetV2, 2, 20, "pooled"),
    EFFICIENTNET(SmallNetworks::efficientNet, 2, 20, "pooled"),
    MOBILENET_V3(SmallNetworks::mobileNetV3, 2, 32, "pooled"),
    CONVNEXT(SmallNetworks::convNeXt, 2, 32, "head.pooled");

    private final Supplier<Module> maker;
    private final long channels;
    private final long side;
    private final String[] vectors;

    Family(Supplier<Module> maker, long channels, long side, String... vectors) {
      this.vectors = vectors;
      this.maker = maker;
      this.channels = channels;
      this.side = side;
    }

    /** In evaluation mode, with statistics and shifts as after training. */
    Module made() {
      Seeds.set(5);
      Module model = maker.get();
      Scope.withoutGradient(
          () ->
              model
                  .stateDict()
                  .forEach(
                      (name, tensor) -> {
                        if (name.endsWith("running_var")) {
                          tensor.uniform_(0.5, 2, new GeneratorOptional());
                        } else if (tensor.dim() == 1) {
                          tensor.add_(torch.rand_like(tensor).sub(new Scalar(0.5)));
                        } else if (tensor.dim() > 1) {
                          spread(tensor);
                        }
                      }));
      model.eval();
      return model;
    }

    /** Weights of a size at which images leave a trace in the logits. */
    private static void spread(Tensor weight) {
      double fanIn = (double) weight.numel() / weight.size(0);
      double deviation =
          weight.norm(new Scalar(2)).item_double() / Math.sqrt((double) weight.numel());
      weight.mul_(new Scalar(1.5 / Math.sqrt(fanIn) / deviation));
    }

    Tensor images(long count) {
      return Reference.noise(77, count, channels, side, side).to(ScalarType.Float);
    }

    long[] image() {
      return new long[] {channels, side, side};
    }
  }

  private static Tensor logits(Module model, Tensor images) {
    return Scope.computeWithoutGradient(() -> model.forward(images));
  }

  private static double largestDifference(Tensor one, Tensor other) {
    return one.sub(other).abs().max().item_double();
  }

  @ParameterizedTest
  @EnumSource
  void givenANetwork_whenItIsExported_thenOnnxRuntimeGivesItsLogits(
      Family family, @TempDir Path folder) throws Exception {
    Module model = family.made();
    Path file = folder.resolve("model.onnx");
    OnnxFile.save(file, model, family.image(), PROVENANCE);
    Tensor expected = logits(model, family.images(3));
    assertThat(largestDifference(expected.select(0, 0), expected.select(0, 1)))
        .isGreaterThan(1e-3 * expected.abs().max().item_double());
    try (OnnxRun run = new OnnxRun(file)) {
      assertThat(largestDifference(run.logits(family.images(3)), expected))
          .isLessThan(1e-5 * expected.abs().max().item_double());
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenANetwork_whenEveryTapIsRead_thenEachSeesItsActivationOnce(Family family) {
    Module model = family.made();
    Set<String> seen = new HashSet<>();
    List<Tap.Registration> readings = new ArrayList<>();
    Map<String, Tap> taps = model.namedTaps();
    taps.forEach(
        (path, tap) ->
            readings.add(
                tap.observe(
                    activation -> {
                      assertThat(activation.size(0)).isEqualTo(2);
                      assertThat(seen.add(path)).as(path).isTrue();
                    })));
    logits(model, family.images(2));
    readings.forEach(Tap.Registration::close);
    assertThat(seen).containsExactlyInAnyOrderElementsOf(taps.keySet()).hasSizeGreaterThan(5);
  }

  @ParameterizedTest
  @EnumSource
  void givenANetwork_whenHalfOfItsWeightsArePruned_thenHalfOfThemAreZero(Family family) {
    Module model = new MagnitudePruning(PruningConfiguration.layerWise(0.5)).apply(family.made());
    assertThat(SparsityReport.of(model).sparsity()).isCloseTo(0.5, offset(0.02));
    Tensor expected = logits(model, family.images(2));
    LayerWeights.of(model).values().forEach(Parameter::materialize);
    assertThat(torch.equal(logits(model, family.images(2)), expected)).isTrue();
  }

  /** Channels whose filters, shifts and scales are zero leave no trace behind any activation. */
  @ParameterizedTest
  @EnumSource
  void givenInnerChannelsOfZeros_whenTheyAreRemoved_thenTheSmallerNetworkComputesTheSame(
      Family family) {
    Module model = family.made();
    List<ChannelChain> chains = chains(model);
    assertThat(chains).isNotEmpty();
    Scope.withoutGradient(() -> chains.forEach(chain -> clearFirstHalf(model, chain)));
    Tensor expected = logits(model, family.images(2));
    long before = Models.countParameters(model);

    new StructuredPruning(StructuredPruningConfiguration.of(0.5)).apply(model);

    assertThat(Models.countParameters(model)).isLessThan(before * 9 / 10);
    Tensor smaller = logits(model, family.images(2));
    assertThat(largestDifference(smaller, expected))
        .isLessThan(1e-5 * expected.abs().max().item_double());
    Module fresh = family.made();
    ChannelRemoval.fit(fresh, model.stateDict());
    fresh.loadStateDict(model.stateDict());
    assertThat(torch.equal(logits(fresh, family.images(2)), smaller)).isTrue();
  }

  private static List<ChannelChain> chains(Module model) {
    List<ChannelChain> chains = new ArrayList<>();
    model
        .namedModules()
        .forEach(
            (path, module) -> {
              if (module instanceof InnerChannels inner) {
                inner.channelChains().forEach(chain -> chains.add(chain.within(path)));
              }
            });
    return chains;
  }

  private static void clearFirstHalf(Module model, ChannelChain chain) {
    long filters = clear(model.getSubmodule(chain.producer()), Long.MAX_VALUE);
    chain.between().stream()
        .map(model::getSubmodule)
        .filter(BatchNorm.class::isInstance)
        .forEach(norm -> clear(norm, filters));
  }

  private static long clear(Module layer, long filters) {
    long half = Math.min(filters, layer.ownParameters().get("weight").shape()[0] / 2);
    layer.ownParameters().values().forEach(p -> p.tensor().narrow(0, 0, half).zero_());
    return half;
  }

  @ParameterizedTest
  @EnumSource
  void givenANetwork_whenItsHeadGrows_thenKnownClassesKeepTheirLogits(Family family) {
    Module model = family.made();
    Tensor before = logits(model, family.images(2));
    int classes = ClassifierHead.of(model).classes();
    assertThat(before.size(1)).isEqualTo(classes);
    new GrowHead(3).apply(model);
    Tensor after = logits(model, family.images(2));
    assertThat(after.size(1)).isEqualTo(classes + 3);
    assertThat(largestDifference(after.narrow(1, 0, classes), before))
        .isLessThan(1e-5 * before.abs().max().item_double());
    assertThat(ClassifierHead.of(model).features(family.images(2)).shape())
        .containsExactly(2, ClassifierHead.of(model).linear().inFeatures());
  }

  @ParameterizedTest
  @EnumSource
  void givenFourBits_whenANetworkIsTrainedPackedAndExported_thenAllFormsAgree(
      Family family, @TempDir Path folder) throws Exception {
    for (String method : List.of("statsq", "lsq")) {
      QuantizationConfiguration configuration =
          QuantizationConfiguration.of(4, 4)
              .withQueryKeyReparameterization(false)
              .withMethod(method);
      Tensor images = family.images(16);
      Module prepared = new PrepareQuantization(configuration, images).apply(family.made());
      requireTrains(prepared, images);
      prepared.eval();
      Tensor expected = logits(prepared, images);
      Path packed = folder.resolve(method + ".safetensors");
      PackedModel.save(packed, prepared, configuration, Optional.empty(), PROVENANCE);
      assertThat(torch.equal(logits(PackedModel.load(packed, family.made()), images), expected))
          .isTrue();
      Path onnx = folder.resolve(method + ".onnx");
      OnnxFile.save(onnx, prepared, family.image(), PROVENANCE);
      requireAlmostSame(onnx, images, expected);
      Module converted = new ConvertQuantization().apply(prepared);
      assertThat(torch.equal(logits(converted, images), expected)).isTrue();
    }
  }

  private static void requireTrains(Module prepared, Tensor images) {
    prepared.train();
    AdamW optimizer =
        new AdamW(ParameterGroup.of(prepared, 1e-3, 0), AdamWConfiguration.defaults());
    for (int step = 0; step < 2; step++) {
      Scope.run(
          () -> {
            optimizer.zeroGrad();
            Tensor targets = torch.arange(new Scalar(images.size(0))).remainder(new Scalar(5));
            torch.cross_entropy_loss(prepared.forward(images), targets).backward();
            prepared
                .namedParameters()
                .forEach(
                    (name, parameter) -> {
                      assertThat(parameter.grad().defined()).as(name).isTrue();
                      assertThat(parameter.grad().isfinite().all().item_bool()).as(name).isTrue();
                    });
            optimizer.step();
          });
    }
  }

  /**
   * An activation at a rounding threshold may take the other level in another order of sums, as
   * OnnxExportTest says; most images are not concerned.
   */
  private static void requireAlmostSame(Path file, Tensor images, Tensor expected)
      throws Exception {
    try (OnnxRun run = new OnnxRun(file)) {
      double rounding = 1e-5 * expected.abs().max().item_double();
      Tensor logits = run.logits(images);
      Tensor difference = logits.sub(expected).abs().amax(new long[] {1}, false);
      assertThat(difference.le(new Scalar(rounding)).sum().item_long())
          .isGreaterThanOrEqualTo(images.size(0) - 2);
      assertThat(
              logits
                  .argmax(new LongOptional(1), false)
                  .eq(expected.argmax(new LongOptional(1), false))
                  .sum()
                  .item_long())
          .isGreaterThanOrEqualTo(images.size(0) - 1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenTheTapsThatAreNoMaps_whenTheyAreExplained_thenTheBasisCarriesTheInteraction(
      Family family) throws Exception {
    Tensor images = family.images(40);
    BatchSource data =
        new ComputedBatches(
            1,
            (epoch, number) -> new Batch(images, torch.zeros(images.size(0)).to(ScalarType.Long)));
    List<String> layers = new ArrayList<>(List.of(family.vectors));
    layers.add(Segments.OUTPUT);
    try (Segments segments = Segments.open(family.made(), layers, images)) {
      InteractionResult result =
          new InteractionBasis(InteractionConfiguration.local()).compute(segments, data);
      assertThat(result.layers()).allMatch(layer -> layer.rank() > 0);
      assertThat(result.edges()).allMatch(edges -> edges.weights().abs().max().item_double() > 0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void givenANetwork_whenItsLayersAreListed_thenTheLastIsItsClassifier(Family family) {
    Module model = family.made();
    List<String> paths = List.copyOf(LayerWeights.of(model).keySet());
    String last = paths.get(paths.size() - 1);
    assertThat(model.getSubmodule(last)).isInstanceOf(Linear.class);
    assertThat(ClassifierHead.of(model).path()).isEqualTo(last);
  }
}
