package io.github.steelyard.interaction;

import java.util.List;

/** The passes of an explanation as steps of one work: each counts as much as it costs. */
final class ExplanationWork {
  /** Steps of a run of the whole network on a batch. */
  private static final int STEPS = 10;

  private final ExplanationListener listener;
  private final PassCosts costs;
  private long done;

  ExplanationWork(
      ExplanationListener listener, PassCosts costs, ExplanationSettings settings, long batches) {
    this.listener = listener;
    this.costs = costs;
    listener.started(batches * steps(costs, settings));
  }

  private static long steps(double cost) {
    return Math.max(1, Math.round(STEPS * cost));
  }

  /** How many steps there are for each batch of the data. */
  private static long steps(PassCosts costs, ExplanationSettings settings) {
    List<InteractionConfiguration> others = settings.others();
    InteractionConfiguration own = settings.configuration();
    long steps = steps(1) + costs.passes(own) * steps(costs.pass(own));
    for (InteractionConfiguration other : others) {
      steps += costs.passes(other) * steps(costs.pass(other));
    }
    int bases = Math.max(3, 1 + others.size());
    for (int s = 0; s < costs.segments().size(); s++) {
      steps += steps(bases * BasisComparison.cost(costs.layers().get(s).width()));
      if (settings.countsEdges()) {
        long trials = EdgeComparison.passes(costs.layers().get(s), costs.layers().get(s + 1));
        steps += (1 + others.size()) * trials * steps(costs.trialOfEdges(s));
      }
    }
    return steps;
  }

  /** Hears of the batches of an analysis. */
  AnalysisListener analysis(InteractionConfiguration how) {
    return costing(costs.pass(how));
  }

  /** Hears of the batches of a try to do without some edges. */
  AnalysisListener trialOfEdges(int section) {
    return costing(costs.trialOfEdges(section));
  }

  /** Hears of the batches of a pass that costs so many runs of the network. */
  AnalysisListener costing(double cost) {
    long steps = steps(cost);
    return (phase, batch, total) -> {
      done += steps;
      listener.advanced(phase, batch, total, done);
    };
  }
}
