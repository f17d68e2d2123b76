package io.github.steelyard.train;

import io.github.steelyard.optim.AdamP;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Projection;
import io.github.steelyard.optim.SGDP;
import io.github.steelyard.runtime.State;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Watches how often {@link SGDP} and {@link AdamP} take scale-invariant weights for what they are:
 * every so many steps, the share of weights whose last step lost its radial part, see {@link
 * Projection}. Each sample is also written to the run's log as an event {@code projections}. With
 * other optimizers there is nothing to see.
 *
 * <p>Cost: none that is worth mentioning.
 */
public final class ProjectionTracking implements Callback {
  private final int every;
  private final Set<String> scaleInvariant;
  private final List<Sample> samples = new ArrayList<>();

  /**
   * The projected shares at one step, from 0 to 1; 0 where there are no such weights.
   *
   * @param step the number of steps done, this one included
   * @param invariant of the scale-invariant weights
   * @param others of all other parameters
   */
  public record Sample(long step, double invariant, double others) {}

  /**
   * Watches all parameters of the optimizer.
   *
   * @param every how many steps lie between samples, at least 1
   * @param scaleInvariant the names of the scale-invariant weights, see {@link
   *     io.github.steelyard.nn.ScaleInvariance}
   * @throws IllegalArgumentException if {@code every} is below 1
   */
  public ProjectionTracking(int every, Set<String> scaleInvariant) {
    if (every < 1) {
      throw new IllegalArgumentException("every must be at least 1 step, but is " + every);
    }
    this.every = every;
    this.scaleInvariant = Set.copyOf(scaleInvariant);
  }

  @Override
  public void afterStep(TrainingContext context) {
    Map<String, Projection> projections = projections(context.optimizer());
    if (projections.isEmpty() || context.step() % every != 0) {
      return;
    }
    Sample sample = new Sample(context.step(), share(projections, true), share(projections, false));
    samples.add(sample);
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("scale_invariant", sample.invariant());
    values.put("others", sample.others());
    context.log("projections", values);
  }

  private static Map<String, Projection> projections(Optimizer optimizer) {
    if (optimizer instanceof AdamP adamP) {
      return adamP.projections();
    }
    return optimizer instanceof SGDP sgdp ? sgdp.projections() : Map.of();
  }

  private double share(Map<String, Projection> projections, boolean invariant) {
    long all = 0;
    long projected = 0;
    for (Map.Entry<String, Projection> entry : projections.entrySet()) {
      if (scaleInvariant.contains(entry.getKey()) == invariant) {
        all++;
        projected += entry.getValue() == Projection.NEVER ? 0 : 1;
      }
    }
    return all == 0 ? 0 : (double) projected / all;
  }

  /**
   * What was seen so far, before a resume included.
   *
   * @return an unmodifiable view in the order of the steps; empty for optimizers that do not
   *     project
   */
  public List<Sample> samples() {
    return Collections.unmodifiableList(samples);
  }

  /**
   * The mean share of the scale-invariant weights over the samples.
   *
   * @return from 0 to 1; not a number without samples
   */
  public double meanInvariantShare() {
    return samples.stream().mapToDouble(Sample::invariant).average().orElse(Double.NaN);
  }

  @Override
  public State state() {
    List<Object> rows = new ArrayList<>();
    samples.forEach(s -> rows.add(List.of(s.step(), s.invariant(), s.others())));
    return new State(Map.of(), Map.of("samples", rows));
  }

  @Override
  public void restore(State state) {
    List<Sample> restored = new ArrayList<>();
    if (!(state.values().get("samples") instanceof List<?> rows)) {
      throw new IllegalArgumentException("'samples' must be a list, but is " + state.values());
    }
    for (Object row : rows) {
      if (!(row instanceof List<?> cells)
          || cells.size() != 3
          || !(cells.get(0) instanceof Number step)
          || !(cells.get(1) instanceof Number invariant)
          || !(cells.get(2) instanceof Number others)) {
        throw new IllegalArgumentException("a sample must be three numbers, but is " + row);
      }
      restored.add(new Sample(step.longValue(), invariant.doubleValue(), others.doubleValue()));
    }
    samples.clear();
    samples.addAll(restored);
  }
}
