package io.github.steelyard.quant;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.State;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import io.github.steelyard.train.TrainingResult;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Iterative freezing of oscillating weights, the earlier method that StatsQ is compared with: once
 * the moving average of a weight's oscillations passes a threshold, its integer is held until the
 * end of training.
 *
 * <pre>
 * oscillation = see {@link OscillationTracker};  x_ema = m · x_int + (1 - m) · x_ema
 * frozen where oscillation > threshold(t), at the integer round(x_ema)
 * threshold(t) = last + (first - last) (1 + cos(π t / steps)) / 2
 * </pre>
 *
 * <p>Integers are held, not values: the scale goes on learning. The latent weights of frozen
 * integers are rewritten after each step to scale · integer, so that the model stays right without
 * this callback.
 *
 * <p>Paper: Nagel et al., Overcoming Oscillations in Quantization-Aware Training, ICML 2022 (arXiv
 * 2203.11086), Section 4.2, with its cosine threshold. They advise thresholds well above the
 * momentum; the defaults are this project's. For quantizers that are {@link FreezableQuantizer},
 * such as {@link Lsq}: a level of {@link StatsQ} depends on all weights of its channel, so that a
 * held integer would not stay. Not together with {@link ConfidenceGuidedAnnealing}.
 *
 * <p>Memory: 16 bytes for each weight. Costs about 25 passes over the weights at each step.
 */
public final class IterativeFreezing implements Callback {
  private final IterativeFreezingConfiguration configuration;
  private final Map<String, Frozen> weights = new LinkedHashMap<>();
  private final Map<String, Map<String, Tensor>> pending = new LinkedHashMap<>();

  /** One weight and what is known of its integers. */
  private final class Frozen {
    final Parameter parameter;
    final WeightQuantizer quantizer;
    final FreezableQuantizer freezable;
    final OscillationTracker tracker = new OscillationTracker(configuration.momentum());
    Tensor average;
    Tensor mask;
    Tensor integers;

    Frozen(Parameter parameter, WeightQuantizer quantizer, FreezableQuantizer freezable) {
      this.parameter = parameter;
      this.quantizer = quantizer;
      this.freezable = freezable;
    }

    void update(double threshold) {
      Tensor now = quantizer.quantize(parameter.tensor()).integers();
      tracker.update(now);
      if (average == null) {
        average = Scope.keep(now.to(ScalarType.Float));
        mask = Scope.keep(torch.zeros_like(now).to(ScalarType.Bool));
        integers = Scope.keep(now.clone());
        return;
      }
      Tensor fresh = tracker.ema().gt(new Scalar(threshold)).logical_and(mask.logical_not());
      integers.copy_(torch.where(fresh, torch.round(average).to(ScalarType.Char), integers));
      mask.logical_or_(fresh);
      average.mul_(new Scalar(1 - configuration.momentum()));
      average.add_(now.to(ScalarType.Float), new Scalar(configuration.momentum()));
      hold();
    }

    void hold() {
      freezable.freeze(mask, integers);
      QuantizedTensor all = quantizer.quantize(parameter.tensor());
      parameter.tensor().copy_(torch.where(mask, all.dequantize(), parameter.tensor()));
    }

    void resume(String name, Map<String, Tensor> saved) {
      Tensor weight = parameter.tensor();
      saved.forEach(
          (part, tensor) -> {
            if (!Arrays.equals(tensor.shape(), weight.shape())) {
              throw new IllegalArgumentException(
                  "the checkpoint holds frozen integers of '"
                      + name
                      + "' with the shape "
                      + Arrays.toString(tensor.shape())
                      + ", but the weight has "
                      + Arrays.toString(weight.shape()));
            }
          });
      tracker.restore(saved);
      tracker.moveTo(weight);
      average = Scope.keep(saved.get("average").to(weight.device(), ScalarType.Float).clone());
      mask = Scope.keep(saved.get("mask").to(weight.device(), ScalarType.Bool).clone());
      integers = Scope.keep(saved.get("integers").to(weight.device(), ScalarType.Char).clone());
      hold();
    }
  }

  /**
   * Freezes from the first step on.
   *
   * @param configuration momentum and thresholds
   */
  public IterativeFreezing(IterativeFreezingConfiguration configuration) {
    this.configuration = configuration;
  }

  /**
   * Finds the weights of few bits, and holds what was frozen before a resume.
   *
   * @param context the run
   * @throws IllegalArgumentException if one of them is computed or its quantizer is not {@linkplain
   *     FreezableQuantizer freezable}, there is none, or the checkpoint held others
   */
  @Override
  public void beforeRun(TrainingContext context) {
    weights.clear();
    ConfidenceGuidedAnnealing.matching(context.model(), "*").forEach(this::add);
    if (weights.isEmpty()) {
      throw new IllegalArgumentException(
          context.model()
              + " has no quantized weight of "
              + configuration.maxBits()
              + " bits or fewer to freeze; raise maxBits");
    }
    weights.values().forEach(weight -> weight.freezable.unfreeze());
    if (!pending.isEmpty() && !pending.keySet().equals(weights.keySet())) {
      throw new IllegalArgumentException(
          "the checkpoint holds frozen integers of "
              + pending.keySet()
              + ", but the weights to freeze are "
              + weights.keySet());
    }
    Scope.withoutGradient(
        () -> pending.forEach((name, saved) -> weights.get(name).resume(name, saved)));
    pending.clear();
  }

  private void add(String name, QuantizedWeight weight) {
    if (weight.quantizer().bits() > configuration.maxBits()) {
      return;
    }
    if (!(weight.quantizer() instanceof FreezableQuantizer freezable)
        || weight.parameter().isEmpty()) {
      throw new IllegalArgumentException(
          "iterative freezing holds single integers, as those of LSQ, but '"
              + name
              + "' is quantized by "
              + weight.quantizer()
              + "; use the method lsq, or ConfidenceGuidedAnnealing");
    }
    Parameter parameter = weight.parameter().get();
    // A tied weight is found once for each layer that uses it.
    if (weights.values().stream().noneMatch(known -> known.parameter == parameter)) {
      weights.put(name, new Frozen(parameter, weight.quantizer(), freezable));
    }
  }

  @Override
  public void afterStep(TrainingContext context) {
    double progress = (double) context.step() / context.totalSteps();
    double threshold =
        configuration.lastThreshold()
            + (configuration.firstThreshold() - configuration.lastThreshold())
                * (1 + Math.cos(Math.PI * Math.min(1, progress)))
                / 2;
    Scope.withoutGradient(() -> weights.values().forEach(weight -> weight.update(threshold)));
    if (context.step() % context.configuration().logEvery() == 0) {
      context.log("freezing", Map.of("frozen_share", frozenShare(), "threshold", threshold));
    }
  }

  /** Lets the integers go: the rewritten latent weights stand for them. */
  @Override
  public void afterRun(TrainingContext context, TrainingResult result) {
    weights.values().forEach(weight -> weight.freezable.unfreeze());
  }

  /**
   * The share of weights whose integer is held.
   *
   * @return from 0 to 1
   */
  public double frozenShare() {
    double[] counts = new double[2];
    Scope.withoutGradient(
        () -> {
          for (Frozen weight : weights.values()) {
            if (weight.mask != null) {
              counts[0] += weight.mask.sum().item_double();
              counts[1] += weight.mask.numel();
            }
          }
        });
    return counts[1] == 0 ? 0 : counts[0] / counts[1];
  }

  @Override
  public State state() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    weights.forEach(
        (name, weight) -> {
          if (weight.average != null) {
            weight.tracker.tensors().forEach((part, t) -> tensors.put(name + "/" + part, t));
            tensors.put(name + "/average", weight.average);
            tensors.put(name + "/mask", weight.mask.to(ScalarType.Byte));
            tensors.put(name + "/integers", weight.integers);
          }
        });
    return new State(tensors, Map.of());
  }

  @Override
  public void restore(State state) {
    Map<String, Map<String, Tensor>> parts = TensorGroups.of(state.tensors());
    pending.clear();
    parts.forEach(
        (name, tensors) -> {
          for (String needed :
              List.of("average", "mask", "integers", "previous", "direction", "ema", "total")) {
            if (!tensors.containsKey(needed)) {
              throw new IllegalArgumentException(
                  "the frozen integers of '" + name + "' lack '" + needed + "'");
            }
          }
        });
    parts.forEach(
        (name, tensors) -> {
          Map<String, Tensor> kept = new LinkedHashMap<>();
          tensors.forEach((part, t) -> kept.put(part, Scope.keep(t.clone())));
          pending.put(name, kept);
        });
  }
}
