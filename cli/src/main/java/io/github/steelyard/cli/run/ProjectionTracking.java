package io.github.steelyard.cli.run;

import io.github.steelyard.cli.report.Series;
import io.github.steelyard.optim.AdamP;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Projection;
import io.github.steelyard.optim.SGDP;
import io.github.steelyard.runtime.State;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Watches how often SGDP and AdamP take scale-invariant weights for what they are. */
final class ProjectionTracking implements Callback {
  private final int every;
  private final Set<String> scaleInvariant;
  private final List<Sample> samples = new ArrayList<>();

  /** The projected shares at one step: of scale-invariant weights, and of all others. */
  private record Sample(long step, double invariant, double others) {}

  ProjectionTracking(int every, Set<String> scaleInvariant) {
    this.every = every;
    this.scaleInvariant = scaleInvariant;
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

  /** The projected share of the scale-invariant weights over the steps; empty for others. */
  List<Series.Point> invariantShare() {
    return samples.stream().map(s -> new Series.Point(s.step(), 100 * s.invariant())).toList();
  }

  /** The projected share of all other parameters over the steps. */
  List<Series.Point> otherShare() {
    return samples.stream().map(s -> new Series.Point(s.step(), 100 * s.others())).toList();
  }

  /** The mean share of the scale-invariant weights over the run; not a number without samples. */
  double meanInvariantShare() {
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
