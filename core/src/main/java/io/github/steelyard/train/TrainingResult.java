package io.github.steelyard.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What came out of a run.
 *
 * @param outcome how the run ended
 * @param reason why it ended, in words
 * @param steps optimizer steps of the whole run, those before a resume included
 * @param epochs completed epochs
 * @param loss the loss of the last step
 * @param metrics the values of the last evaluation by metric; empty without an evaluation
 * @param best the best value of the monitored metric; empty without an evaluation
 * @param seconds time spent, that before a resume included
 */
public record TrainingResult(
    Outcome outcome,
    String reason,
    long steps,
    int epochs,
    double loss,
    Map<String, Double> metrics,
    Optional<Best> best,
    double seconds) {

  /**
   * Copies the map.
   *
   * @param outcome how the run ended
   * @param reason why it ended, in words
   * @param steps optimizer steps of the whole run
   * @param epochs completed epochs
   * @param loss the loss of the last step
   * @param metrics the values of the last evaluation
   * @param best the best value of the monitored metric
   * @param seconds time spent
   */
  public TrainingResult {
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }

  /** How a run ends. */
  public enum Outcome {
    /** All epochs are done. */
    COMPLETED,
    /** A callback ended the run, such as early stopping. */
    STOPPED_EARLY,
    /** {@link Trainer#requestStop()} ended the run; it can be resumed. */
    INTERRUPTED
  }

  /**
   * The best evaluation.
   *
   * @param metric the monitored metric
   * @param value its best value
   * @param epoch the epoch after which it was measured, counted from 1
   * @param step the optimizer steps done then
   */
  public record Best(String metric, double value, int epoch, long step) {}
}
