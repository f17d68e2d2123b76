package io.github.steelyard.interaction;

import io.github.steelyard.nn.Attention;
import io.github.steelyard.nn.DropPath;
import io.github.steelyard.nn.Dropout;
import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.LayerNorm;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Mlp;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.PreNormBlock;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * A segment that is a pre-norm transformer block or one of its two branches. What an output at one
 * position does to the inputs at all of them has a form of its own, in which most of a backward
 * pass need not be computed: the perceptron acts on that position alone, and the gradients of keys
 * and values at all positions are the same few matrices, weighted ({@link BlockGradients}).
 *
 * @param attention the first branch, if it is part of the segment
 * @param perceptron the second branch, if it is part of the segment
 * @param folded whether the constant coordinate carries the biases
 */
record BlockSegment(
    Optional<AttentionBranch> attention, Optional<PerceptronBranch> perceptron, boolean folded) {
  private static final String BEFORE = "residual_pre";
  private static final String MIDDLE = "residual_mid";
  private static final String AFTER = "residual_post";

  /**
   * A linear layer that reads a normalization, as one map of the normalized activation: {@code
   * weight x^ + constant bias}. What the weight does to activations of equal elements is taken out,
   * because there are none; so gradients come out centred, as the normalization's backward pass
   * needs them.
   *
   * @param weight [outputs, inputs]
   * @param bias [outputs]
   */
  record NormalizedLinear(Tensor weight, Tensor bias) {
    static NormalizedLinear of(LayerNorm norm, Linear linear) {
      Tensor own = linear.weight().value().detach();
      Tensor scaled = own.mul(norm.weight().value().detach());
      Tensor shift = own.matmul(norm.bias().value().detach());
      Tensor mean = scaled.mean(new long[] {1}, true, new ScalarTypeOptional());
      return new NormalizedLinear(
          scaled.sub(mean), linear.bias().map(b -> shift.add(b.value().detach())).orElse(shift));
    }

    NormalizedLinear kept() {
      return new NormalizedLinear(Scope.keep(weight), Scope.keep(bias));
    }

    /** Rows [first, first + count), times a factor. */
    NormalizedLinear part(long first, long count, double factor) {
      Scalar by = new Scalar(factor);
      return new NormalizedLinear(
              weight.narrow(0, first, count).mul(by), bias.narrow(0, first, count).mul(by))
          .kept();
    }
  }

  /** Queries are scaled by the root of the heads' size, so that logits are q k^T. */
  record AttentionBranch(
      int heads,
      double epsilon,
      NormalizedLinear query,
      NormalizedLinear key,
      NormalizedLinear value,
      Tensor projection,
      Tensor projectionBias) {}

  /** The perceptron behind its normalization. */
  record PerceptronBranch(
      double epsilon,
      NormalizedLinear first,
      Module activation,
      Tensor second,
      Tensor secondBias) {}

  /** Finds them by watching which tensor passes which tap while the network runs. */
  static List<Optional<BlockSegment>> find(
      Module model,
      List<NodeLayer> layers,
      Map<String, Tap> taps,
      Tensor inputs,
      BiasFolding biases) {
    Map<String, Module> modules = new LinkedHashMap<>();
    model
        .namedModules()
        .forEach(
            (path, module) ->
                modules.put(path, module instanceof CarriedBias bias ? bias.inner() : module));
    List<String> blocks =
        modules.keySet().stream().filter(p -> modules.get(p) instanceof PreNormBlock).toList();
    if (blocks.isEmpty()) {
      return Collections.nCopies(layers.size() - 1, Optional.empty());
    }
    Map<String, Tensor> seen = seen(model, blocks, taps, inputs);
    List<Optional<BlockSegment>> found = new ArrayList<>();
    for (int s = 0; s + 1 < layers.size(); s++) {
      Tensor start = seen.get(layers.get(s).name());
      Tensor end = seen.get(layers.get(s + 1).name());
      found.add(
          blocks.stream()
              .flatMap(path -> between(path, modules, seen, start, end, biases).stream())
              .findFirst());
    }
    return found;
  }

  private static Map<String, Tensor> seen(
      Module model, List<String> blocks, Map<String, Tap> taps, Tensor inputs) {
    Map<String, Tap> all = new LinkedHashMap<>(taps);
    for (String path : blocks) {
      for (String name : List.of(BEFORE, MIDDLE, AFTER)) {
        all.put(within(path, name), model.getTap(within(path, name)));
      }
    }
    Map<String, Tensor> seen = new LinkedHashMap<>();
    List<Tap.Registration> readings = new ArrayList<>();
    try {
      all.forEach((name, tap) -> readings.add(tap.observe(a -> seen.put(name, a))));
      model.forward(inputs);
    } finally {
      readings.forEach(Tap.Registration::close);
    }
    return seen;
  }

  private static String within(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private static Optional<BlockSegment> between(
      String path,
      Map<String, Module> modules,
      Map<String, Tensor> seen,
      Tensor start,
      Tensor end,
      BiasFolding biases) {
    boolean fromStart = LayerCall.isSame(start, seen.get(within(path, BEFORE)));
    boolean fromMiddle = LayerCall.isSame(start, seen.get(within(path, MIDDLE)));
    boolean toMiddle = LayerCall.isSame(end, seen.get(within(path, MIDDLE)));
    boolean toEnd = LayerCall.isSame(end, seen.get(within(path, AFTER)));
    if (!(fromStart || fromMiddle) || !(toEnd || (fromStart && toMiddle))) {
      return Optional.empty();
    }
    Parts parts = new Parts(path, modules);
    Optional<AttentionBranch> attention = fromStart ? parts.attention() : Optional.empty();
    Optional<PerceptronBranch> perceptron = toEnd ? parts.perceptron() : Optional.empty();
    return attention.isPresent() == fromStart && perceptron.isPresent() == toEnd
        ? Optional.of(new BlockSegment(attention, perceptron, biases == BiasFolding.FOLDED))
        : Optional.empty();
  }

  /** A block's parts by their names; a part of another kind than usual makes no branch. */
  private record Parts(String path, Map<String, Module> modules) {
    private <M> Optional<M> get(String name, Class<M> type) {
      return Optional.ofNullable(modules.get(within(path, name)))
          .filter(type::isInstance)
          .map(type::cast);
    }

    private boolean areIdle(String... names) {
      return Stream.of(names)
          .map(name -> modules.get(within(path, name)))
          .allMatch(m -> m instanceof DropPath || m instanceof Dropout || m instanceof Identity);
    }

    private static Tensor bias(Linear linear) {
      return linear
          .bias()
          .map(b -> b.value().detach())
          .orElseGet(() -> linear.weight().value().detach().select(1, 0).mul(new Scalar(0.0)));
    }

    Optional<AttentionBranch> attention() {
      Optional<LayerNorm> norm = get("norm1", LayerNorm.class);
      Optional<Attention> own = get("attn", Attention.class);
      Optional<Linear> all = get("attn.qkv", Linear.class);
      Optional<Linear> projection = get("attn.proj", Linear.class);
      if (norm.isEmpty()
          || own.isEmpty()
          || all.isEmpty()
          || projection.isEmpty()
          || !areIdle(
              "attn.q_norm", "attn.k_norm", "attn.attn_drop", "attn.proj_drop", "drop_path1")) {
        return Optional.empty();
      }
      NormalizedLinear qkv = NormalizedLinear.of(norm.get(), all.get());
      long d = own.get().configuration().dimension();
      double scale = 1 / Math.sqrt((double) own.get().configuration().headDimension());
      return Optional.of(
          new AttentionBranch(
              Math.toIntExact(own.get().configuration().heads()),
              norm.get().epsilon(),
              qkv.part(0, d, scale),
              qkv.part(d, d, 1),
              qkv.part(2 * d, d, 1),
              Scope.keep(projection.get().weight().value().detach()),
              Scope.keep(bias(projection.get()))));
    }

    Optional<PerceptronBranch> perceptron() {
      Optional<LayerNorm> norm = get("norm2", LayerNorm.class);
      Optional<Linear> first = get("mlp.fc1", Linear.class);
      Optional<Module> activation = get("mlp.act", Module.class).filter(HiddenPairs::isElementwise);
      Optional<Linear> second = get("mlp.fc2", Linear.class);
      return norm.isEmpty()
              || get("mlp", Mlp.class).isEmpty()
              || first.isEmpty()
              || activation.isEmpty()
              || second.isEmpty()
              || !areIdle("mlp.drop1", "mlp.drop2", "drop_path2")
          ? Optional.empty()
          : Optional.of(
              new PerceptronBranch(
                  norm.get().epsilon(),
                  NormalizedLinear.of(norm.get(), first.get()).kept(),
                  activation.get(),
                  Scope.keep(second.get().weight().value().detach()),
                  Scope.keep(bias(second.get()))));
    }
  }
}
