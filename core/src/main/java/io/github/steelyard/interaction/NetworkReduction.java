package io.github.steelyard.interaction;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.interaction.HiddenPairs.Pair;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Makes a smaller network that computes the same on some data. A hidden unit that is a linear
 * combination of others and a constant is removed, and its part goes to them: {@code W_k += c_k
 * W_j} for {@code h_j = sum c_k h_k + c_0}, and {@code c_0 W_j} to the bias. Duplicated, constant
 * and dead units are such; units whose outgoing weights are all 0 are removed too. No training.
 *
 * <p>Hidden layers are found between two {@link Linear} layers with nothing but elementwise modules
 * between them. A layer that gets a bias in this way had none before only if it was made without.
 *
 * <p>Cost: two passes over the data; memory O(width^2) per hidden layer; {@code width^3}
 * multiplications.
 */
public final class NetworkReduction {
  /** The default share of a unit's mean square that may be left unexplained. */
  public static final double DEFAULT_TOLERANCE = 1e-10;

  /** More than rounding can explain: something else reads a layer that was changed. */
  private static final double LARGEST_SHARE = 1e-2;

  private final double tolerance;

  /**
   * A reduction.
   *
   * @param tolerance the share of a unit's mean square that may be left unexplained, from 0 to
   *     below 1; larger removes units that are nearly dependent, and changes the outputs
   * @throws IllegalArgumentException if it is out of range
   */
  public NetworkReduction(double tolerance) {
    if (!(tolerance >= 0 && tolerance < 1)) {
      throw new IllegalArgumentException(
          "tolerance must be from 0 to below 1, but is " + tolerance);
    }
    this.tolerance = tolerance;
  }

  /**
   * Reduces a network in place.
   *
   * @param model the network
   * @param data its epoch 0 is read, twice
   * @return what was done, with the largest difference of an output
   * @throws IllegalArgumentException if the network has no hidden layer that can be reduced, its
   *     activations are not finite, or its outputs changed by more than a hundredth of the largest
   *     although the tolerance is below that; the network is then as it was before
   */
  public Reduction reduce(Module model, BatchSource data) {
    return EvaluationMode.compute(model, () -> reduced(model, data));
  }

  private Reduction reduced(Module model, BatchSource data) {
    HiddenPairs found = hiddenPairs(model, data);
    List<Pair> pairs = found.pairs();
    if (pairs.isEmpty()) {
      throw new IllegalArgumentException(
          model
              + " has no hidden layer between two Linear modules with only elementwise modules"
              + " (ReLU, GELU, ...) between them: "
              + found.obstacles()
              + "; put such modules there, or reduce the parts as networks of their own");
    }
    long before = parameters(model);
    Map<String, Tensor> grams = grams(model, data, pairs);
    Map<String, Module> old = new LinkedHashMap<>();
    List<ReducedLayer> layers = new ArrayList<>();
    Scope.withoutGradient(
        () -> pairs.forEach(pair -> layers.add(replace(model, pair, grams, old))));
    Differences differences = new Differences();
    try {
      differences.measure(model, old, data);
    } catch (RuntimeException | Error e) {
      old.forEach(model::setSubmodule);
      throw e;
    }
    if (!(differences.largest <= LARGEST_SHARE * differences.output)
        && tolerance < LARGEST_SHARE * LARGEST_SHARE) {
      old.forEach(model::setSubmodule);
      throw new IllegalArgumentException(
          "the outputs changed by %.2g of at most %.2g: something beside %s reads their hidden"
                  .formatted(differences.largest, differences.output, pairs)
              + " layers, so the network cannot be reduced");
    }
    return new Reduction(
        model, layers, before, parameters(model), differences.largest, differences.output);
  }

  private static long parameters(Module model) {
    return model.namedParameters().values().stream().mapToLong(p -> p.tensor().numel()).sum();
  }

  private static HiddenPairs hiddenPairs(Module model, BatchSource data) {
    try (BatchStream batches = data.epoch(0, 0)) {
      return Scope.computeWithoutGradient(() -> HiddenPairs.in(model, batches.next().inputs()));
    }
  }

  /** Gram matrices of the hidden layers with a constant, by their consumer's path. */
  private static Map<String, Tensor> grams(Module model, BatchSource data, List<Pair> pairs) {
    Map<String, Sums> sums = new LinkedHashMap<>();
    List<String> consumers = pairs.stream().map(Pair::consumer).toList();
    ScalarType type =
        model.getSubmodule(consumers.get(0)).ownParameters().get("weight").tensor().scalar_type();
    ModelPreparation preparation =
        new ModelPreparation(
            model,
            type.intern(),
            (path, module) ->
                consumers.contains(path)
                    ? Optional.of(
                        new Watched(
                            path,
                            module,
                            (where, layer, input, output) ->
                                sums.computeIfAbsent(where, w -> new Sums()).add(gram(input))))
                    : Optional.empty());
    try {
      new DataPass(data, AnalysisListener.SILENT)
          .forEachInAllRanks(
              "Gram matrices",
              (inputs, targets) ->
                  Scope.withoutGradient(() -> preparation.model().forward(inputs)));
    } finally {
      preparation.undo();
    }
    Map<String, Tensor> grams = new LinkedHashMap<>();
    sums.forEach((path, sum) -> grams.put(path, finite(path, sum.value())));
    return grams;
  }

  private static Tensor finite(String path, Tensor gram) {
    if (!gram.isfinite().all().item_bool()) {
      throw new IllegalArgumentException(
          "the inputs of '" + path + "' hold values that are not finite");
    }
    return gram;
  }

  private static Tensor gram(Tensor input) {
    return Scope.compute(
        () -> {
          Tensor rows = input.to(ScalarType.Double).reshape(-1, input.size(-1));
          Tensor all = torch.cat(new TensorVector(rows, torch.ones_like(rows.narrow(1, 0, 1))), 1);
          return all.t().matmul(all);
        });
  }

  private ReducedLayer replace(
      Module model, Pair pair, Map<String, Tensor> grams, Map<String, Module> old) {
    Linear producer = (Linear) model.getSubmodule(pair.producer());
    Linear consumer = (Linear) model.getSubmodule(pair.consumer());
    Tensor gram = grams.get(pair.consumer());
    Tensor outgoing = consumer.weight().value().to(ScalarType.Double);
    int width = Math.toIntExact(consumer.inFeatures());
    double[] effects = Matrices.values(outgoing.abs().amax(new long[] {0}, false));
    boolean[] candidates = new boolean[width];
    int without = 0;
    for (int i = 0; i < width; i++) {
      candidates[i] = effects[i] > 0;
      without += candidates[i] ? 0 : 1;
    }
    int[] units = new DependentUnits(gram, tolerance, candidates).units();
    if (units.length == 0) {
      units = new int[] {0}; // a layer has at least one unit
    }
    if (units.length == width) {
      return new ReducedLayer(pair.producer(), pair.consumer(), width, width, 0);
    }
    // [outputs, units and constant]: what each kept unit and the constant now contribute
    Tensor moved =
        outgoing.matmul(DependentUnits.combinations(gram, units).narrow(1, 0, width).t());
    Tensor bias =
        consumer
            .bias()
            .map(b -> b.value().to(ScalarType.Double))
            .orElseGet(() -> Matrices.zeros(consumer.outFeatures()))
            .add(moved.select(1, units.length));
    put(
        model,
        pair.consumer(),
        linear(moved.narrow(1, 0, units.length), Optional.of(bias), consumer),
        old);
    int[] kept = units;
    put(
        model,
        pair.producer(),
        linear(
            Matrices.rows(producer.weight().value(), kept),
            producer.bias().map(b -> Matrices.rows(b.value(), kept)),
            producer),
        old);
    return new ReducedLayer(pair.producer(), pair.consumer(), width, units.length, without);
  }

  private static void put(Module model, String path, Module layer, Map<String, Module> old) {
    old.putIfAbsent(path, model.getSubmodule(path));
    model.setSubmodule(path, layer);
  }

  private static Linear linear(Tensor weight, Optional<Tensor> bias, Linear like) {
    Linear made = new Linear(weight.size(1), weight.size(0), bias.isPresent());
    made.to(like.weight().tensor().scalar_type().intern());
    made.weight().assign(weight);
    bias.ifPresent(value -> made.bias().orElseThrow().assign(value));
    return made;
  }

  /** Compares the network with what it was. */
  private static final class Differences {
    private double largest;
    private double output;

    void measure(Module model, Map<String, Module> old, BatchSource data) {
      new DataPass(data, AnalysisListener.SILENT)
          .forEachInAllRanks(
              "differences",
              (inputs, targets) ->
                  Scope.withoutGradient(
                      () -> {
                        Tensor after = model.forward(inputs);
                        Map<String, Module> own = new LinkedHashMap<>();
                        old.keySet().forEach(path -> own.put(path, model.getSubmodule(path)));
                        old.forEach(model::setSubmodule);
                        Tensor before = model.forward(inputs);
                        own.forEach(model::setSubmodule);
                        largest = Math.max(largest, after.sub(before).abs().max().item_double());
                        output = Math.max(output, before.abs().max().item_double());
                      }));
    }
  }
}
