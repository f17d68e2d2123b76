package io.github.steelyard.train;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.State;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.ToDoubleFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Watches how weights move, whatever the optimizer: every so many steps, for each parameter w,
 *
 * <pre>
 * norm           |w|             after the step
 * relative norm  |w| / |w_0|     with w_0 at the start of the run
 * effective step |w' - w| / |w|  of this one step, from w to w'
 * </pre>
 *
 * with Euclidean norms of the stored tensor. For scale-invariant weights (those before a
 * normalization) the effective step is what the function sees of a step, and a growing norm is what
 * shrinks it (Heo et al., "AdamP", ICLR 2021). Each sample is also written to the run's log as an
 * event {@code weights}.
 *
 * <p>Cost: in a sampled step a copy of the watched weights and four passes over them; in other
 * steps nothing. Add it after callbacks that change weights, so that it sees their work.
 */
public final class WeightTracking implements Callback {
  private final int every;
  private final BiPredicate<String, Parameter> watched;
  private final Map<String, Double> startNorms = new LinkedHashMap<>();
  private final List<Sample> samples = new ArrayList<>();
  private final Map<String, Tensor> before = new LinkedHashMap<>();

  /**
   * What was seen at one step.
   *
   * @param step the number of steps done, this one included
   * @param changes what was seen by parameter
   */
  public record Sample(long step, Map<String, WeightChange> changes) {
    /**
     * Copies the map.
     *
     * @param step the number of steps done, this one included
     * @param changes what was seen by parameter
     */
    public Sample {
      changes = Collections.unmodifiableMap(new LinkedHashMap<>(changes));
    }

    /**
     * The mean of a value over some parameters.
     *
     * @param names the parameters; those that were not seen are left out
     * @param value what is averaged, such as {@code WeightChange::effectiveStep}; where it is not
     *     finite, it is left out
     * @return the mean; empty if nothing is left
     */
    public OptionalDouble mean(Set<String> names, ToDoubleFunction<WeightChange> value) {
      return changes.entrySet().stream()
          .filter(entry -> names.contains(entry.getKey()))
          .mapToDouble(entry -> value.applyAsDouble(entry.getValue()))
          .filter(Double::isFinite)
          .average();
    }
  }

  /**
   * How one weight stands and moved.
   *
   * @param norm its Euclidean norm after the step
   * @param relativeNorm the norm relative to that at the start; not a number if that was 0
   * @param effectiveStep the norm of the step relative to the norm before it; not a number if that
   *     was 0
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record WeightChange(double norm, double relativeNorm, double effectiveStep) {}

  /**
   * Watches all trainable parameters.
   *
   * @param every how many steps lie between samples, at least 1
   * @throws IllegalArgumentException if {@code every} is below 1
   */
  public WeightTracking(int every) {
    this(every, (name, parameter) -> parameter.isTrainable());
  }

  /**
   * Watches some parameters.
   *
   * @param every how many steps lie between samples, at least 1
   * @param watched which parameters, by their names in the state dict
   * @throws IllegalArgumentException if {@code every} is below 1
   */
  public WeightTracking(int every, BiPredicate<String, Parameter> watched) {
    if (every < 1) {
      throw new IllegalArgumentException("every must be at least 1 step, but is " + every);
    }
    this.every = every;
    this.watched = watched;
  }

  private Map<String, Tensor> weights(TrainingContext context) {
    Map<String, Tensor> weights = new LinkedHashMap<>();
    context
        .model()
        .namedParameters()
        .forEach(
            (name, parameter) -> {
              if (watched.test(name, parameter)) {
                weights.put(name, parameter.tensor().detach());
              }
            });
    return weights;
  }

  @Override
  public void beforeRun(TrainingContext context) {
    if (startNorms.isEmpty()) {
      Scope.withoutGradient(() -> startNorms.putAll(norms(weights(context))));
    }
  }

  @Override
  public void afterBackward(TrainingContext context) {
    before.clear();
    if ((context.step() + 1) % every == 0) {
      weights(context).forEach((name, weight) -> before.put(name, weight.clone()));
    }
  }

  @Override
  public void afterStep(TrainingContext context) {
    if (before.isEmpty()) {
      return;
    }
    Map<String, WeightChange> changes = new LinkedHashMap<>();
    Scope.withoutGradient(
        () -> {
          Map<String, Tensor> weights = weights(context);
          Map<String, Tensor> moves = new LinkedHashMap<>();
          before.forEach((name, old) -> moves.put(name, weights.get(name).sub(old)));
          Map<String, Double> oldNorms = norms(before);
          Map<String, Double> newNorms = norms(weights);
          norms(moves)
              .forEach(
                  (name, move) ->
                      changes.put(
                          name,
                          new WeightChange(
                              newNorms.get(name),
                              ratio(newNorms.get(name), startNorms.get(name)),
                              ratio(move, oldNorms.get(name)))));
        });
    before.clear();
    samples.add(new Sample(context.step(), changes));
    context.log("weights", changes);
  }

  private static double ratio(double value, Double of) {
    return of == null || of == 0 ? Double.NaN : value / of;
  }

  /** All norms in one transfer to Java. */
  private static Map<String, Double> norms(Map<String, Tensor> tensors) {
    Map<String, Double> norms = new LinkedHashMap<>();
    if (tensors.isEmpty()) {
      return norms;
    }
    TensorVector all = new TensorVector();
    tensors.values().forEach(tensor -> all.push_back(torch.linalg_vector_norm(tensor)));
    double[] values = new double[tensors.size()];
    torch.stack(all).to(ScalarType.Double).cpu().data_ptr_double().get(values);
    int i = 0;
    for (String name : tensors.keySet()) {
      norms.put(name, values[i++]);
    }
    return norms;
  }

  /**
   * The norms at the start of the run.
   *
   * @return norms by parameter; empty before the run
   */
  public Map<String, Double> startNorms() {
    return Collections.unmodifiableMap(startNorms);
  }

  /**
   * What was seen so far, before a resume included.
   *
   * @return the samples in order
   */
  public List<Sample> samples() {
    return Collections.unmodifiableList(samples);
  }

  @Override
  public State state() {
    return WeightTrackingState.save(startNorms, samples);
  }

  @Override
  public void restore(State state) {
    WeightTrackingState saved = WeightTrackingState.of(state);
    startNorms.clear();
    startNorms.putAll(saved.startNorms());
    samples.clear();
    samples.addAll(saved.samples());
  }
}
