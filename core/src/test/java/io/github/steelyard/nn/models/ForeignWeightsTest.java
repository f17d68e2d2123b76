package io.github.steelyard.nn.models;

import static io.github.steelyard.nn.Reference.noise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Reference;
import io.github.steelyard.nn.StateDictException;
import io.github.steelyard.nn.StateDictReport;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Weights of other programs, image sizes and layouts; see bench/peers/foreign_weights.py. */
@Tag("once")
class ForeignWeightsTest {
  private static final TransformerDropout NONE = new TransformerDropout(0, 0, 0, 0, 0);

  private static VisionTransformerConfiguration vit(long size, long patch, long channels) {
    return new VisionTransformerConfiguration(size, patch, channels, 10, 16, 2, 2, 4, false, NONE);
  }

  private static Module swin(long size) {
    return new SwinTransformer(
        new SwinTransformerConfiguration(
            size, 2, 1, 10, 8, List.of(2, 2, 2), List.of(2, 4, 8), 7, 4, NONE));
  }

  static Stream<Arguments> cases() {
    Module torchvisionSwin =
        new SwinTransformer(
            new SwinTransformerConfiguration(
                16, 2, 3, 10, 8, List.of(2, 2), List.of(2, 4), 4, 4, NONE));
    String tables = ".attn.relative_position_bias_table";
    return Stream.of(
        Arguments.of(
            "vit_larger",
            new VisionTransformer(vit(56, 7, 1)),
            56,
            List.of("resized from 4x4 to 8x8 patches: pos_embed")),
        Arguments.of(
            "vit_smaller",
            new VisionTransformer(vit(21, 7, 1)),
            21,
            List.of("resized from 8x8 to 3x3 patches: pos_embed")),
        Arguments.of(
            "vit_distilled_larger",
            new DistilledVisionTransformer(vit(28, 4, 3)),
            28,
            List.of("resized from 4x4 to 7x7 patches: pos_embed")),
        Arguments.of(
            "vit_one_channel",
            new VisionTransformer(vit(16, 4, 1)),
            16,
            List.of("fitted from 3 to 1 input channels: patch_embed.proj.weight")),
        Arguments.of(
            "vit_five_channels",
            new VisionTransformer(vit(16, 4, 5)),
            16,
            List.of("fitted from 3 to 5 input channels: patch_embed.proj.weight")),
        Arguments.of(
            "swin_smaller",
            swin(16),
            16,
            List.of(
                "resized from windows of 7x7 to 4x4: layers.1.blocks.0" + tables + " and 1 more",
                "resized from windows of 7x7 to 2x2: layers.2.blocks.0" + tables + " and 1 more")),
        Arguments.of(
            "swin_larger",
            swin(56),
            56,
            List.of(
                "resized from windows of 4x4 to 7x7: layers.1.blocks.0" + tables + " and 1 more",
                "resized from windows of 2x2 to 7x7: layers.2.blocks.0" + tables + " and 1 more")),
        Arguments.of(
            "swin_authors",
            swin(56),
            56,
            List.of(
                "left out, as they are computed: layers.0.blocks.0.attn.relative_position_index"
                    + " and 6 more",
                "read as the beginning of the next stage: layers.0.downsample.norm.weight and 5"
                    + " more",
                "read under timm's names: head.weight and 1 more")),
        Arguments.of(
            "swin_torchvision",
            torchvisionSwin,
            16,
            List.of(
                "read under timm's names: features.0.0.weight and 64 more",
                "left out, as they are computed: layers.0.blocks.0.attn.relative_position_index"
                    + " and 3 more")),
        Arguments.of(
            "vit_torchvision",
            new VisionTransformer(vit(16, 4, 3)),
            16,
            List.of("read under timm's names: class_token and 31 more")));
  }

  /** The tensors of a file, with values by the formula. */
  private static Map<String, Tensor> file(String name) {
    Map<String, Tensor> state = new LinkedHashMap<>();
    long key = 0;
    for (String line : Reference.lines("foreign/" + name + ".txt")) {
      String tensor = line.substring(0, line.indexOf(' '));
      long[] shape =
          Arrays.stream(line.substring(line.indexOf('[') + 1, line.length() - 1).split(", "))
              .mapToLong(Long::parseLong)
              .toArray();
      Tensor value = Reference.value(tensor, shape, key++).to(ScalarType.Float);
      state.put(tensor, tensor.endsWith("_index") ? value.to(ScalarType.Long) : value);
    }
    return state;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void givenWeightsOfAnotherProgramOrSize_whenTheyAreLoaded_thenLogitsAreThePeersAndAllIsTold(
      String name, Module model, int side, List<String> changes) {
    Scope.withoutGradient(
        () -> {
          Map<String, Tensor> state = file(name);
          assertThatThrownBy(() -> model.loadStateDict(state))
              .isInstanceOf(StateDictException.class);

          StateDictReport report = model.loadAdapted(state);

          assertThat(report.changes()).containsExactlyElementsOf(changes);
          assertThat(report.newHeads()).isEmpty();
          model.eval();
          long channels = name.contains("five") ? 5 : state(model).size(1);
          Tensor logits = model.forward(noise(1000, 2, channels, side, side).to(ScalarType.Float));
          Tensor expected = Reference.tensors("foreign/logits.safetensors").get(name);
          assertThat(logits.sub(expected).abs().max().item_double()).isLessThan(1e-4);
        });
  }

  private static Tensor state(Module model) {
    return model.stateDict().get("patch_embed.proj.weight");
  }

  private static Map<String, Tensor> copy(Module model) {
    Map<String, Tensor> state = new LinkedHashMap<>();
    model.stateDict().forEach((name, tensor) -> state.put(name, tensor.detach().clone()));
    return state;
  }

  private static Map<String, Tensor> renamed(
      Map<String, Tensor> state, UnaryOperator<String> name) {
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    state.forEach((key, tensor) -> renamed.put(name.apply(key), tensor));
    return renamed;
  }

  private static void assertLoaded(Module model, Map<String, Tensor> expected, Set<String> except) {
    Map<String, Tensor> own = model.stateDict();
    expected.forEach(
        (name, tensor) -> {
          if (!except.contains(name)) {
            assertThat(torch.equal(own.get(name), tensor)).as(name).isTrue();
          }
        });
  }

  static Stream<Arguments> dresses() {
    return Stream.of(
        dress("module.", "read without 'module.': module.conv1.weight and 56 more"),
        dress("_orig_mod.", "read without '_orig_mod.': _orig_mod.conv1.weight and 56 more"),
        dress("backbone.", "read without 'backbone.': backbone.conv1.weight and 56 more"),
        dress(
            "state_dict.model.",
            "read without 'state_dict.': state_dict.model.conv1.weight and 56 more",
            "read without 'model.': model.conv1.weight and 56 more"),
        dress(
            "module._orig_mod.",
            "read without '_orig_mod.': module._orig_mod.conv1.weight and 56 more",
            "read without 'module.': module.conv1.weight and 56 more"));
  }

  private static Arguments dress(String prefix, String... changes) {
    return Arguments.of(prefix, List.of(changes));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("dresses")
  void givenNamesWithAPrefix_whenTheyAreLoaded_thenItIsTakenOff(
      String prefix, List<String> changes) {
    Module source = Models.create("resnet8", ModelOptions.none());
    Module model = Models.create("resnet8", ModelOptions.none());

    StateDictReport report = model.loadAdapted(renamed(copy(source), name -> prefix + name));

    assertThat(report.changes())
        .containsExactlyElementsOf(
            changes.stream()
                .map(text -> text.replace("56", String.valueOf(source.stateDict().size() - 1)))
                .toList());
    assertLoaded(model, source.stateDict(), Set.of());
  }

  @Test
  void givenABodyWithAPrefixAndAHeadWithout_whenTheyAreLoaded_thenBothFit() {
    Module source = Models.create("resnet8", ModelOptions.none());
    Module model = Models.create("resnet8", ModelOptions.none());
    Map<String, Tensor> state =
        renamed(copy(source), name -> name.startsWith("linear") ? name : "backbone." + name);

    assertThat(model.loadAdapted(state).newHeads()).isEmpty();

    assertLoaded(model, source.stateDict(), Set.of());
  }

  static Stream<Arguments> heads() {
    return Stream.of(
        Arguments.of("resnet8", List.of("linear")),
        Arguments.of("resnet18", List.of("fc")),
        Arguments.of("mlp", List.of("fc3")),
        Arguments.of("conv_small", List.of("fc2")),
        Arguments.of("vit_mini_patch7_28", List.of("head")),
        Arguments.of("swin_mini_patch2_window7_28", List.of("head.fc")),
        Arguments.of("deit_tiny_distilled_patch16_224", List.of("head", "head_dist")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("heads")
  void givenWeightsForOtherClassesOrNone_whenTheyAreLoaded_thenTheBodyIsTheirsAndTheHeadNew(
      String name, List<String> heads) {
    int size = name.startsWith("deit") ? 32 : Models.get(name).inputShape().get(1);
    ModelOptions options =
        name.startsWith("resnet")
            ? ModelOptions.none()
            : ModelOptions.none().with(o -> o.imageSize = size);
    Module source = Models.create(name, options.with(o -> o.classes = 7));
    Map<String, Tensor> seven = copy(source);
    Map<String, Tensor> headless = copy(source);
    headless.keySet().removeIf(key -> heads.stream().anyMatch(head -> key.startsWith(head + ".")));
    for (Map<String, Tensor> state : List.of(seven, headless)) {
      Module model = Models.create(name, options.with(o -> o.classes = 3));
      Map<String, Tensor> before = copy(model);

      StateDictReport report = model.loadAdapted(state);

      assertThat(report.newHeads()).containsExactlyElementsOf(heads);
      String why = state == seven ? "the one there is for 7" : "there is none";
      assertThat(report.changes())
          .containsExactly(
              "made a new head for 3 classes, as "
                  + why
                  + ": "
                  + heads.get(0)
                  + (heads.size() > 1 ? " and 1 more" : ""));
      assertLoaded(model, headless, Set.of());
      for (String head : heads) {
        assertThat(
                torch.equal(model.stateDict().get(head + ".weight"), before.get(head + ".weight")))
            .isTrue();
      }
    }
  }

  @Test
  void givenNoCountersOfBatchNormalization_whenTheyAreLoaded_thenTheyAreZero() {
    Module source = Models.create("resnet8", ModelOptions.none());
    source.stateDict().get("bn1.num_batches_tracked").fill_(new Scalar(9L));
    Map<String, Tensor> state = copy(source);
    state.keySet().removeIf(name -> name.endsWith("num_batches_tracked"));
    Module model = Models.create("resnet8", ModelOptions.none());
    model.loadStateDict(copy(source));

    StateDictReport report = model.loadAdapted(state);

    assertThat(report.changes())
        .containsExactly("set to 0, as they are missing: bn1.num_batches_tracked and 6 more");
    assertThat(model.stateDict().get("bn1.num_batches_tracked").item_long()).isZero();
    assertLoaded(model, state, Set.of());
  }

  @Test
  void givenHalfPrecision_whenItIsLoaded_thenEachValueIsKeptAndTheConversionTold() {
    for (ScalarType type : List.of(ScalarType.Half, ScalarType.BFloat16)) {
      Module source = Models.create("mlp", ModelOptions.none());
      source.to(type);
      Module model = Models.create("mlp", ModelOptions.none());

      StateDictReport report = model.loadAdapted(copy(source));

      assertThat(report.changes())
          .containsExactly("converted from " + type + " to Float: fc1.weight and 5 more");
      source
          .stateDict()
          .forEach(
              (name, tensor) ->
                  assertThat(torch.equal(model.stateDict().get(name), tensor.to(ScalarType.Float)))
                      .isTrue());
    }
  }

  static Stream<Arguments> misfits() {
    return Stream.of(
        Arguments.of(
            "a name wrongly written",
            (Consumer<Map<String, Tensor>>)
                state -> state.put("layer1.0.conv_1.weight", state.remove("layer1.0.conv1.weight")),
            "is 'layer1.0.conv_1.weight' the missing 'layer1.0.conv1.weight'?"),
        Arguments.of(
            "another width",
            (Consumer<Map<String, Tensor>>)
                state -> state.put("layer1.0.conv1.weight", torch.zeros(8, 16, 3, 3)),
            "wrong shape (1): layer1.0.conv1.weight ([8, 16, 3, 3] instead of [16, 16, 3, 3])"),
        Arguments.of(
            "a head of another width",
            (Consumer<Map<String, Tensor>>)
                state -> state.put("linear.weight", torch.zeros(10, 32)),
            "wrong shape (1): linear.weight ([10, 32] instead of [10, 64])"),
        Arguments.of(
            "a part missing",
            (Consumer<Map<String, Tensor>>) state -> state.remove("bn1.weight"),
            "missing (1): bn1.weight"),
        Arguments.of(
            "only a head",
            (Consumer<Map<String, Tensor>>)
                state -> state.keySet().removeIf(name -> !name.startsWith("linear")),
            "missing (4"),
        Arguments.of(
            "two networks",
            (Consumer<Map<String, Tensor>>)
                state -> state.put("teacher.conv1.weight", torch.zeros(16, 1, 3, 3)),
            "unexpected (1): teacher.conv1.weight"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("misfits")
  void givenWeightsThatDoNotFit_whenTheyAreLoaded_thenTheErrorSaysWhatAndNothingChanges(
      String what, Consumer<Map<String, Tensor>> change, String message) {
    Map<String, Tensor> state = copy(Models.create("resnet8", ModelOptions.none()));
    change.accept(state);
    Module model = Models.create("resnet8", ModelOptions.none());
    Map<String, Tensor> before = copy(model);

    assertThatThrownBy(() -> model.loadAdapted(state))
        .as(what)
        .isInstanceOf(StateDictException.class)
        .hasMessageContaining(message);

    assertLoaded(model, before, Set.of());
  }

  @Test
  void givenNamesThatAreFarFromAllMissing_whenTheyAreRefused_thenNoneIsSuggested() {
    Module model = Models.create("swin_mini_patch2_window7_28", ModelOptions.none());
    Map<String, Tensor> state = copy(model);
    state.remove("layers.0.blocks.0.attn.qkv.weight");
    state.put("layers.0.blocks.0.attn.relative_position_index", torch.zeros(49, 49));

    assertThatThrownBy(() -> model.loadStateDict(state))
        .isInstanceOf(StateDictException.class)
        .hasMessageContaining("missing (1): layers.0.blocks.0.attn.qkv.weight")
        .hasMessageContaining("unexpected (1): layers.0.blocks.0.attn.relative_position_index")
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("is '"));
  }
}
