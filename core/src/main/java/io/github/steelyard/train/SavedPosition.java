package io.github.steelyard.train;

import io.github.steelyard.runtime.State;
import io.github.steelyard.train.TrainingResult.Best;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Where a checkpoint's run was. */
record SavedPosition(
    long step,
    int epoch,
    int batch,
    int batchesPerEpoch,
    int accumulation,
    double loss,
    double epochLossSum,
    double epochWeight,
    long epochSamples,
    double seconds,
    Map<String, Double> metrics,
    Map<String, Double> penalties,
    Optional<Best> best,
    Optional<RunEvents.Mark> log) {
  static final String GENERATOR = "generator";

  static SavedPosition of(State state) {
    Map<String, Object> values = state.values();
    if (state.tensors().get(GENERATOR) == null) {
      throw new IllegalArgumentException("the checkpoint lacks the state of the random generator");
    }
    return new SavedPosition(
        (long) number(values, "step"),
        (int) number(values, "epoch"),
        (int) number(values, "batch"),
        (int) number(values, "batches_per_epoch"),
        (int) number(values, "accumulation"),
        number(values, "loss"),
        number(values, "epoch_loss_sum"),
        // Before samples had weights, each counted 1.
        number(values, values.containsKey("epoch_weight") ? "epoch_weight" : "epoch_samples"),
        (long) number(values, "epoch_samples"),
        number(values, "seconds"),
        numbers(values, "metrics"),
        values.containsKey("penalties") ? numbers(values, "penalties") : Map.of(),
        values.containsKey("best") ? Optional.of(best(map(values, "best"))) : Optional.empty(),
        values.containsKey("log") ? Optional.of(log(map(values, "log"))) : Optional.empty());
  }

  private static RunEvents.Mark log(Map<String, Object> values) {
    return new RunEvents.Mark((long) number(values, "bytes"), (long) number(values, "checksum"));
  }

  private static Best best(Map<String, Object> values) {
    return new Best(
        String.valueOf(values.get("metric")),
        number(values, "value"),
        (int) number(values, "epoch"),
        (long) number(values, "step"));
  }

  private static double number(Map<String, Object> values, String key) {
    return number(key, values.get(key));
  }

  private static double number(String key, Object value) {
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw new IllegalArgumentException(
        "the checkpoint's position needs a number for '" + key + "', but has " + value);
  }

  private static Map<String, Double> numbers(Map<String, Object> values, String key) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    map(values, key).forEach((name, value) -> numbers.put(name, number(name, value)));
    return numbers;
  }

  private static Map<String, Object> map(Map<String, Object> values, String key) {
    if (!(values.get(key) instanceof Map<?, ?> map)) {
      throw new IllegalArgumentException(
          "the checkpoint's position needs a map for '" + key + "', but has " + values.get(key));
    }
    Map<String, Object> copy = new LinkedHashMap<>();
    map.forEach((name, value) -> copy.put(String.valueOf(name), value));
    return copy;
  }

  /** A position in another order of batches would silently train on the wrong samples. */
  void requireFit(int batchesInEpoch, int batchesInStep) {
    requireSame("batches in an epoch", batchesPerEpoch, batchesInEpoch);
    requireSame("batches in a step (accumulation)", accumulation, batchesInStep);
    if (step < 0 || epoch < 0 || batch < 0 || batch > batchesPerEpoch) {
      throw new IllegalArgumentException(
          "the checkpoint's position is not possible: step "
              + step
              + ", epoch "
              + epoch
              + ", batch "
              + batch
              + " of "
              + batchesPerEpoch);
    }
  }

  private static void requireSame(String what, int saved, int now) {
    if (saved != now) {
      throw new IllegalArgumentException(
          "the checkpoint is of a run with " + saved + " " + what + ", this one has " + now);
    }
  }
}
