package io.github.steelyard.quant;

import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.State;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Watches the integers of every quantized weight at every step: which oscillate (see {@link
 * OscillationTracker}), how near weights are to their thresholds, how far these move, and how
 * single weights do. Every so many steps a sample goes to the run's log as an event {@code
 * oscillation} and, with the distributions of the distances to the nearest threshold, of all
 * weights and of each, to TensorBoard.
 *
 * <p>Cost: at each step about nine passes over the weights; a product of query and key weights is
 * computed once more; at a sample about fifteen more. Memory: 15 bytes for each weight. Add it
 * after callbacks that change weights, so that it sees their work.
 */
public final class OscillationTracking implements Callback {
  /** Bins of the distances, over one step between integers. */
  private static final int BINS = 50;

  private final OscillationTrackingConfiguration configuration;
  private final OscillationTracker tracker;
  private final List<OscillationSample> samples = new ArrayList<>();
  private final List<WeightTrajectory> trajectories = new ArrayList<>();
  private final Map<String, List<Long>> lastDwell = new LinkedHashMap<>();
  private final ThresholdMovement movement = new ThresholdMovement();
  private Map<String, QuantizedWeight> weights = Map.of();

  /**
   * Watches all quantized weights.
   *
   * @param configuration what is recorded
   */
  public OscillationTracking(OscillationTrackingConfiguration configuration) {
    this.configuration = configuration;
    tracker = new OscillationTracker(configuration.momentum());
  }

  /**
   * Finds the weights.
   *
   * @param context the run
   * @throws IllegalArgumentException if the model has no quantized weight, none matches the pattern
   *     of the trajectories, or there are others than before a resume
   */
  @Override
  public void beforeRun(TrainingContext context) {
    weights = ConfidenceGuidedAnnealing.matching(context.model(), "*");
    Scope.withoutGradient(
        () -> {
          Map<String, Tensor> positions = positions(weights.keySet());
          if (tracker.isStarted()) {
            requireSame(positions);
            tracker.moveTo(positions.values().iterator().next());
          } else {
            tracker.update(integers(positions));
            chooseTrajectories(context, positions);
          }
        });
  }

  private Map<String, Tensor> positions(Set<String> names) {
    Map<String, Tensor> positions = new LinkedHashMap<>();
    weights.forEach(
        (name, weight) -> {
          if (names.contains(name)) {
            positions.put(name, weight.quantizer().position(weight.latent()));
          }
        });
    return positions;
  }

  /**
   * The integers of all weights side by side: one tracker serves them in few large operations.
   *
   * @param positions of the weights whose positions are known already
   */
  private Tensor integers(Map<String, Tensor> positions) {
    TensorVector parts = new TensorVector();
    weights.forEach(
        (name, weight) -> {
          WeightQuantizer quantizer = weight.quantizer();
          Tensor integers =
              positions.containsKey(name)
                  ? quantizer.nearest(positions.get(name))
                  : Scope.compute(() -> quantizer.integers(weight.latent()));
          parts.push_back(integers.reshape(-1));
        });
    return torch.cat(parts, 0);
  }

  private void requireSame(Map<String, Tensor> positions) {
    long now = positions.values().stream().mapToLong(Tensor::numel).sum();
    if (tracker.ema().numel() != now) {
      throw new IllegalArgumentException(
          "the checkpoint followed "
              + tracker.ema().numel()
              + " weights, but the model has "
              + now
              + " quantized ones; was it prepared with another configuration?");
    }
  }

  /** From layers spread over the model, the weight that is nearest to a threshold. */
  private void chooseTrajectories(TrainingContext context, Map<String, Tensor> positions) {
    List<String> names =
        List.copyOf(
            ConfidenceGuidedAnnealing.matching(context.model(), configuration.layers()).keySet());
    int count = Math.min(configuration.trajectories(), names.size());
    for (int i = 0; i < count; i++) {
      String name = names.get(count == 1 ? 0 : i * (names.size() - 1) / (count - 1));
      WeightQuantizer quantizer = weights.get(name).quantizer();
      long index = quantizer.distance(positions.get(name)).argmin().item_long();
      trajectories.add(new WeightTrajectory(name, index, quantizer.lowest(), quantizer.highest()));
    }
    follow(positions, 0);
  }

  private void follow(Map<String, Tensor> positions, long step) {
    for (WeightTrajectory trajectory : trajectories) {
      if (trajectory.wants(step)) {
        Tensor u = positions.get(trajectory.weight()).reshape(-1);
        trajectory.add(step, u.select(0, trajectory.index()).item_double());
      }
    }
  }

  @Override
  public void beforeStep(TrainingContext context) {
    if ((context.step() + 1) % configuration.every() == 0) {
      movement.remember(QuantizedWeight.ofFewestBits(weights));
    }
  }

  @Override
  public void afterStep(TrainingContext context) {
    Scope.withoutGradient(
        () -> {
          long step = context.step();
          if (step % configuration.every() == 0) {
            Map<String, Tensor> positions = positions(weights.keySet());
            tracker.update(integers(positions));
            follow(positions, step);
            sample(context, positions);
          } else {
            Set<String> followed = new HashSet<>();
            trajectories.stream().filter(t -> t.wants(step)).forEach(t -> followed.add(t.weight()));
            Map<String, Tensor> positions = positions(followed);
            tracker.update(integers(positions));
            follow(positions, step);
          }
        });
  }

  private void sample(TrainingContext context, Map<String, Tensor> positions) {
    Tensor oscillating = tracker.ema().gt(new Scalar(configuration.threshold()));
    Map<String, Double> shares = new LinkedHashMap<>();
    TensorVector distances = new TensorVector();
    Tensor dwell = torch.zeros(BINS);
    lastDwell.clear();
    long from = 0;
    for (Map.Entry<String, Tensor> entry : positions.entrySet()) {
      long size = entry.getValue().numel();
      Tensor own = oscillating.narrow(0, from, size);
      shares.put(entry.getKey(), own.sum().item_double() / size);
      from += size;
      Tensor distance =
          weights
              .get(entry.getKey())
              .quantizer()
              .distance(entry.getValue())
              .reshape(-1)
              .to(ScalarType.Float)
              .cpu();
      Tensor counts = torch.histc(distance, BINS, new Scalar(0.0), new Scalar(1.0));
      lastDwell.put(entry.getKey(), counts(counts));
      dwell = dwell.add(counts);
      distances.push_back(distance);
      context.logHistogram("oscillation/distance_to_threshold/" + entry.getKey(), distance);
    }
    OscillationSample sample =
        new OscillationSample(
            context.step(),
            oscillating.sum().item_double() / from,
            shares,
            tracker.total().sum().item_long(),
            counts(dwell),
            movement.since(weights, positions));
    samples.add(sample);
    context.log("oscillation", logged(sample, positions));
    context.logHistogram("oscillation/distance_to_threshold", torch.cat(distances, 0));
  }

  private Map<String, Object> logged(OscillationSample sample, Map<String, Tensor> positions) {
    Map<String, Double> followed = new LinkedHashMap<>();
    for (WeightTrajectory trajectory : trajectories) {
      Tensor u = positions.get(trajectory.weight()).reshape(-1);
      followed.put(
          trajectory.weight() + "[" + trajectory.index() + "]",
          u.select(0, trajectory.index()).item_double());
    }
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("share", sample.share());
    values.put("total", sample.total());
    values.put("by_weight", sample.shares());
    values.put("dwell", sample.dwell());
    sample.thresholdMovement().ifPresent(moved -> values.put("threshold_movement", moved));
    values.put("positions", followed);
    return values;
  }

  private static List<Long> counts(Tensor counts) {
    double[] numbers = new double[BINS];
    counts.to(ScalarType.Double).contiguous().data_ptr_double().get(numbers);
    List<Long> whole = new ArrayList<>();
    for (double number : numbers) {
      whole.add(Math.round(number));
    }
    return whole;
  }

  /**
   * The samples so far, those before a resume included.
   *
   * @return an unmodifiable view in the order of the steps
   */
  public List<OscillationSample> samples() {
    return Collections.unmodifiableList(samples);
  }

  /**
   * Which share of the weights oscillated, and how far thresholds moved.
   *
   * @param model the model that was watched
   * @return single numbers; empty before the first sample
   */
  public Optional<OscillationSummary> summary(Module model) {
    return OscillationSummary.of(
        samples, lastDwell, QuantizedWeight.ofFewestBits(QuantizedWeight.of(model)).keySet());
  }

  /**
   * The distances to the nearest threshold at the last sample.
   *
   * @return counts in equal bins from 0 to 1 step, by weight; empty before the first sample
   */
  public Map<String, List<Long>> lastDwell() {
    return Collections.unmodifiableMap(lastDwell);
  }

  /**
   * The weights that are followed one by one: from layers spread over the model, the one that was
   * nearest to a threshold at the start.
   *
   * @return an unmodifiable view; empty before the run
   */
  public List<WeightTrajectory> trajectories() {
    return Collections.unmodifiableList(trajectories);
  }

  /**
   * The integers' tracker. Its tensors hold all weights side by side, in the order of {@link
   * QuantizedWeight#of(Module)}.
   *
   * @return the live tracker
   */
  public OscillationTracker tracker() {
    return tracker;
  }

  @Override
  public State state() {
    return new State(tracker.tensors(), OscillationHistory.save(samples, trajectories, lastDwell));
  }

  @Override
  public void restore(State state) {
    OscillationHistory saved = OscillationHistory.of(state.values());
    if (state.tensors().isEmpty()) {
      tracker.reset();
    } else {
      tracker.restore(state.tensors());
    }
    samples.clear();
    samples.addAll(saved.samples());
    trajectories.clear();
    trajectories.addAll(saved.trajectories());
    lastDwell.clear();
    lastDwell.putAll(saved.lastDwell());
  }
}
