package io.github.steelyard.robust;

import io.github.steelyard.nn.BatchNorm;
import io.github.steelyard.nn.Checks;
import io.github.steelyard.nn.LayerNorm;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.train.Penalty;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The transformed sparse constraint (TSC) of Feng, Lin, Gao and Wei, "Lipschitz Constant Meets
 * Condition Number: Learning Robust and Compact Deep Neural Networks", 2025, arXiv 2503.20454: a
 * smooth count of the channels that the gates of {@link AddGates} keep, and plain decay of all
 * else. With N training samples and kappa = N · weight decay / (1 - p):
 *
 * <pre>
 * penalty = strength / N · sum over gated layers of {@link GateCost}
 *         + strength · decay / 2 · sum of squares of weights and biases without gates
 *         + decay / 2 · sum of squares of normalizations' parameters
 * </pre>
 *
 * <p>{@code form: transformed_l1} is what the name says; {@code form: published_code} is what the
 * authors' code computes, which has a pole (see {@link GateCost.Form}); both are held to reference
 * cases. In the sum over the weights of a gated layer stand the weights that the gates find, in the
 * decay the stored ones. What parametrizations learn (scales, scores, log alpha) is not decayed.
 *
 * <p>Cost: four passes over the weights, forward and backward, whatever the batch. Not useful
 * without gates, where it is only weight decay: it is then refused.
 */
public final class TransformedSparseConstraint implements Penalty {
  private final TransformedSparseConfiguration configuration;
  private final long samples;

  /**
   * Creates the penalty.
   *
   * @param configuration how strong it is
   * @param samples the number of training samples N, at least 1
   * @throws IllegalArgumentException if there is no sample
   */
  public TransformedSparseConstraint(TransformedSparseConfiguration configuration, long samples) {
    this.configuration = configuration;
    this.samples = Checks.atLeast(1, samples, "TransformedSparseConstraint", "samples");
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the model has no gates, or the published form reaches its
   *     pole; the message names the layer
   */
  @Override
  public Tensor compute(Module model) {
    Map<String, HardConcreteGate> gates = HardConcreteGate.of(model);
    if (gates.isEmpty()) {
      throw new IllegalArgumentException(
          "TransformedSparseConstraint: "
              + model
              + " has no gates; apply AddGates before the optimizer is made, or penalize weights"
              + " without gates by TransformedL1Penalty");
    }
    Set<Parameter> gated = Collections.newSetFromMap(new IdentityHashMap<>());
    GateCost cost = configuration.cost(samples);
    Tensor sum = null;
    for (Map.Entry<String, HardConcreteGate> entry : gates.entrySet()) {
      Map<String, Parameter> own = model.getSubmodule(entry.getKey()).ownParameters();
      Parameter weight = own.get("weight");
      Optional<Parameter> bias = Optional.ofNullable(own.get("bias"));
      gated.add(weight);
      bias.ifPresent(gated::add);
      HardConcreteGate gate = entry.getValue();
      Tensor measured =
          cost.measure(
              entry.getKey(),
              HardConcreteGate.ungated(weight),
              bias.map(Parameter::tensor),
              gate.probabilityOpen(),
              gate.unit());
      sum = sum == null ? measured : sum.add(measured);
    }
    Tensor scaled = sum.mul(new Scalar(configuration.strength() / samples));
    return configuration.weightDecay() == 0 ? scaled : scaled.add(decay(model, gated));
  }

  private Tensor decay(Module model, Set<Parameter> gated) {
    double half = configuration.weightDecay() / 2;
    List<Tensor> terms = new ArrayList<>();
    Set<Parameter> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    seen.addAll(gated);
    for (Module module : model.namedModules().values()) {
      boolean normalization = module instanceof BatchNorm || module instanceof LayerNorm;
      Scalar factor = new Scalar(normalization ? half : half * configuration.strength());
      for (Parameter parameter : module.ownParameters().values()) {
        if (seen.add(parameter)) {
          Tensor flat = parameter.tensor().reshape(-1);
          terms.add(flat.dot(flat).mul(factor));
        }
      }
    }
    return terms.stream().reduce(Tensor::add).orElseThrow();
  }

  @Override
  public String toString() {
    return "TransformedSparseConstraint(" + configuration + ", " + samples + " samples)";
  }
}
