package io.github.steelyard.train;

import io.github.steelyard.runtime.State;
import io.github.steelyard.train.WeightTracking.Sample;
import io.github.steelyard.train.WeightTracking.WeightChange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The history of {@link WeightTracking} in a checkpoint: {@code steps} [samples] and {@code
 * changes} [samples, parameters, 3]. As JSON, a long run's history would outgrow its weights.
 */
record WeightTrackingState(Map<String, Double> startNorms, List<Sample> samples) {
  private static final int NUMBERS = 3;

  /** Stands for a weight that was not watched at a step; no norm is negative. */
  private static final WeightChange UNSEEN = new WeightChange(-1, -1, -1);

  static State save(Map<String, Double> startNorms, List<Sample> samples) {
    // Weights that are frozen or thawed while the run lasts are in some samples only.
    Set<String> all = new LinkedHashSet<>();
    samples.forEach(sample -> all.addAll(sample.changes().keySet()));
    List<String> names = List.copyOf(all);
    long[] steps = new long[samples.size()];
    double[] changes = new double[samples.size() * names.size() * NUMBERS];
    int next = 0;
    for (int i = 0; i < steps.length; i++) {
      steps[i] = samples.get(i).step();
      for (String name : names) {
        WeightChange change = samples.get(i).changes().getOrDefault(name, UNSEEN);
        changes[next++] = change.norm();
        changes[next++] = change.relativeNorm();
        changes[next++] = change.effectiveStep();
      }
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    if (steps.length > 0) {
      Tensor at = empty(ScalarType.Long, steps.length);
      at.data_ptr_long().put(steps);
      tensors.put("steps", at);
      Tensor numbers = empty(ScalarType.Double, steps.length, names.size(), NUMBERS);
      numbers.data_ptr_double().put(changes);
      tensors.put("changes", numbers);
    }
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("start_norms", new LinkedHashMap<>(startNorms));
    values.put("parameters", names);
    return new State(tensors, values);
  }

  private static Tensor empty(ScalarType type, long... shape) {
    return torch.empty(shape, new TensorOptions(type), new MemoryFormatOptional());
  }

  static WeightTrackingState of(State state) {
    Map<String, Double> startNorms = new LinkedHashMap<>();
    if (!(state.values().get("start_norms") instanceof Map<?, ?> norms)
        || !(state.values().get("parameters") instanceof List<?> names)) {
      throw new IllegalArgumentException(
          "a weight tracking needs 'start_norms' and 'parameters', but there are "
              + state.values().keySet());
    }
    norms.forEach((name, norm) -> startNorms.put((String) name, ((Number) norm).doubleValue()));
    List<Sample> samples = new ArrayList<>();
    Tensor steps = state.tensors().get("steps");
    Tensor changes = state.tensors().get("changes");
    if (steps == null && changes == null) {
      return new WeightTrackingState(startNorms, samples);
    }
    if (steps == null
        || changes == null
        || changes.numel() != steps.numel() * names.size() * NUMBERS) {
      throw new IllegalArgumentException("the history of the weight tracking is not whole");
    }
    long[] at = new long[Math.toIntExact(steps.numel())];
    double[] numbers = new double[Math.toIntExact(changes.numel())];
    steps.contiguous().data_ptr_long().get(at);
    changes.contiguous().data_ptr_double().get(numbers);
    int next = 0;
    for (long step : at) {
      Map<String, WeightChange> sample = new LinkedHashMap<>();
      for (Object name : names) {
        WeightChange change = new WeightChange(numbers[next], numbers[next + 1], numbers[next + 2]);
        if (!change.equals(UNSEEN)) {
          sample.put((String) name, change);
        }
        next += NUMBERS;
      }
      samples.add(new Sample(step, sample));
    }
    return new WeightTrackingState(startNorms, samples);
  }
}
