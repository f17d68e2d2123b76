package io.github.steelyard.interaction;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The passes of an explanation in their order, and how long those that are left will take. Each has
 * an expected time; what passes of its kind took so far, measured against what was expected of
 * them, corrects it.
 */
final class ExplanationWork {
  /** Some passes of one kind. */
  private static final class Passes {
    /** Expectations of passes of one kind are wrong in the same way. */
    private final String kind;

    private final String key;

    /** Seconds that a batch is expected to take. */
    private final double each;

    /** Batches, those of all passes together. */
    private final double planned;

    private double done;

    private Passes(String kind, String key, double each, double planned) {
      this.kind = kind;
      this.key = key;
      this.each = each;
      this.planned = planned;
    }

    double left() {
      return Math.max(0, planned - done) * each;
    }
  }

  /** The pass of {@link TopData}. */
  static final String TOP = "top";

  /** The pass of {@link PartShares}. */
  static final String PARTS = "parts";

  /** The pass of {@link Degeneracy}. */
  static final String DEGENERACY = "degeneracy";

  private static final String RUNS = "runs";

  private final ExplanationListener listener;
  private final LongSupplier clock;
  private final int batches;
  private final List<Passes> plan = new ArrayList<>();
  private final Map<String, Double> spent = new HashMap<>();
  private final Map<String, Double> expected = new HashMap<>();
  private final long start;
  private long last;
  private int current;

  /**
   * Begins.
   *
   * @param batches of the data
   * @param clock nanoseconds
   */
  ExplanationWork(ExplanationListener listener, int batches, LongSupplier clock) {
    this.listener = listener;
    this.batches = batches;
    this.clock = clock;
    this.start = clock.getAsLong();
    this.last = start;
  }

  /** Plans what an {@link Explainer} does. */
  static ExplanationWork of(
      ExplanationListener listener,
      PassCosts costs,
      ExplanationSettings settings,
      int batches,
      long outputs) {
    ExplanationWork work = new ExplanationWork(listener, batches, System::nanoTime);
    work.planAnalysis(costs, settings.configuration());
    work.plan(RUNS, TOP, costs.run(), 1);
    settings.others().forEach(other -> work.planAnalysis(costs, other));
    settings.parts().stream()
        .max(Integer::compare)
        .ifPresent(last -> work.plan(RUNS, PARTS, (2 + last) * costs.run(), 1));
    int bases = 1 + Math.max(2, settings.others().size());
    for (int s = 0; s < costs.segments().size(); s++) {
      int width = costs.segments().get(s).from().width();
      work.plan("ablations", ablation(s), costs.run(), bases * BasisComparison.cost(width));
    }
    if (settings.countsEdges()) {
      for (int s = 0; s < costs.segments().size(); s++) {
        PassCosts.SegmentCost segment = costs.segments().get(s);
        double trials = EdgeComparison.passes(segment.from(), segment.to());
        work.plan(
            "trials of edges",
            trial(s),
            costs.trialOfEdges(s),
            (1 + settings.others().size()) * trials);
      }
    }
    work.plan(DEGENERACY, DEGENERACY, (1 + 2 * outputs) * costs.run(), 1);
    listener.started();
    return work;
  }

  private static String ablation(int layer) {
    return "ablation " + layer;
  }

  private static String trial(int segment) {
    return "edges without " + segment;
  }

  private static String within(InteractionConfiguration how, String phase) {
    return how.basis() + " " + phase;
  }

  void planAnalysis(PassCosts costs, InteractionConfiguration how) {
    if (how.centred()) {
      plan(RUNS, within(how, "means"), costs.run(), 1);
    }
    plan(RUNS, within(how, MomentsPass.GRAM), costs.run(), 1);
    for (int s = costs.segments().size() - 1; s >= 0 && how.basis().usesNextLayer(); s--) {
      NodeLayer from = costs.segments().get(s).from();
      plan(
          "bases " + costs.segments().get(s).form(),
          within(how, JacobianPass.phase(from)),
          costs.basis(s, how),
          1);
    }
    for (int s = 0; s < costs.segments().size(); s++) {
      PassCosts.SegmentCost cost = costs.segments().get(s);
      String phase = EdgePass.phase(cost.from(), cost.to());
      plan("edges " + cost.form(), within(how, phase), costs.edges(s, how), 1);
    }
  }

  /** Adds passes at the end of what is planned, each expected to take so many seconds a batch. */
  void plan(String kind, String key, double each, double passes) {
    plan.add(new Passes(kind, key, each, passes * batches));
  }

  /** Hears of the batches of an analysis. */
  AnalysisListener analysis(InteractionConfiguration how) {
    return new Listener(1) {
      @Override
      String key(String phase) {
        return ExplanationWork.within(how, phase);
      }
    };
  }

  /** Hears of the batches of a pass of a layer's ablations that takes so many runs. */
  AnalysisListener ablation(int layer, double runs) {
    return hearing(ablation(layer), runs);
  }

  /** Hears of the batches of a try to do without some edges. */
  AnalysisListener trialOfEdges(int segment) {
    return hearing(trial(segment), 1);
  }

  /** Hears of the batches of a pass that was planned under a key. */
  AnalysisListener hearing(String key) {
    return hearing(key, 1);
  }

  private AnalysisListener hearing(String key, double share) {
    return new Listener(share) {
      @Override
      String key(String phase) {
        return key;
      }
    };
  }

  private abstract class Listener implements AnalysisListener {
    private final double share;

    /** How much of the pass was told before. */
    private double told;

    private Listener(double share) {
      this.share = share;
    }

    abstract String key(String phase);

    @Override
    public void advanced(String phase, int done, int total) {
      within(phase, done, total);
      told = done == total ? 0 : done;
    }

    @Override
    public void within(String phase, double done, int total) {
      took(key(phase), Math.max(0, done - told) * share);
      told = done;
      listener.advanced(phase, done, total, Duration.ofNanos(last - start), left());
    }
  }

  /** So many batches were worked on since the last call. */
  private void took(String key, double done) {
    for (int i = current; i < plan.size(); i++) {
      if (plan.get(i).key.equals(key)) {
        current = i;
        break;
      }
    }
    Passes passes = plan.get(current);
    long now = clock.getAsLong();
    spent.merge(passes.kind, (now - last) / 1e9, Double::sum);
    expected.merge(passes.kind, done * passes.each, Double::sum);
    passes.done += done;
    last = now;
  }

  /** What is planned before the current pass is over, whether it was done or not. */
  private Duration left() {
    double seconds = 0;
    for (Passes passes : plan.subList(current, plan.size())) {
      seconds += passes.left() * correction(passes.kind);
    }
    return Duration.ofNanos(Math.round(seconds * 1e9));
  }

  private double correction(String kind) {
    double before = expected.getOrDefault(kind, 0.0);
    if (before > 0) {
      return spent.get(kind) / before;
    }
    double all = sum(expected);
    return all > 0 ? sum(spent) / all : 1;
  }

  private static double sum(Map<String, Double> values) {
    return values.values().stream().mapToDouble(Double::doubleValue).sum();
  }
}
