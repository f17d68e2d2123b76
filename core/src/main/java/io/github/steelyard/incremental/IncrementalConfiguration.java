package io.github.steelyard.incremental;

import io.github.steelyard.runtime.Records;
import io.github.steelyard.train.TrainingConfiguration;
import java.util.function.Consumer;

/**
 * How an {@link IncrementalLearner} learns. Start from {@link #of} and change single values with
 * the {@code with} methods.
 *
 * @param strategy how old classes are kept
 * @param memory how many exemplars are kept; without effect for strategies without exemplars
 * @param temperature T of the distillation, above 0; the paper uses 2
 * @param heldOut the share of each old class's exemplars, and as many samples of each new class,
 *     that bias correction fits on and training does not see, in (0, 1); BiC uses 0.1
 * @param head the last layer's path; empty to find it
 * @param headBias what becomes of the last layer's biases
 * @param training how each step is trained: epochs of a step, device, precision and so on. Its seed
 *     decides the initial weights, the order of samples and what is held out
 */
public record IncrementalConfiguration(
    Strategy strategy,
    MemoryConfiguration memory,
    double temperature,
    double heldOut,
    String head,
    HeadBias headBias,
    TrainingConfiguration training) {
  private static final double PAPERS_TEMPERATURE = 2;
  private static final double BIC_HELD_OUT = 0.1;

  /**
   * Checks the values.
   *
   * @param strategy how old classes are kept
   * @param memory how many exemplars are kept
   * @param temperature above 0
   * @param heldOut in (0, 1)
   * @param head the last layer's path; empty to find it
   * @param headBias what becomes of the last layer's biases; aligned only with weight aligning
   * @param training how each step is trained
   * @throws IllegalArgumentException if a value is out of range, or biases are to be aligned by a
   *     strategy that does not align weights
   */
  public IncrementalConfiguration {
    if (headBias == HeadBias.ALIGNED && strategy.correction() != Corrections.WEIGHT_ALIGNING) {
      throw new IllegalArgumentException(
          "the biases of the strategy '"
              + strategy.name()
              + "' cannot be aligned, as it does not align weights but makes "
              + strategy.correction()
              + "; let them be learned or zero");
    }
    IncrementalDistillation.requireTemperature(temperature);
    if (!(heldOut > 0 && heldOut < 1)) {
      throw new IllegalArgumentException(
          "the held-out share must be above 0 and below 1, but is " + heldOut);
    }
  }

  /**
   * The published defaults: temperature 2, a tenth held out for bias correction, the last layer
   * found by itself, its biases learned.
   *
   * @param strategy how old classes are kept
   * @param memory how many exemplars are kept
   * @param training how each step is trained
   * @return a new configuration
   */
  public static IncrementalConfiguration of(
      Strategy strategy, MemoryConfiguration memory, TrainingConfiguration training) {
    return new IncrementalConfiguration(
        strategy, memory, PAPERS_TEMPERATURE, BIC_HELD_OUT, "", HeadBias.LEARNED, training);
  }

  /**
   * The exemplars of each class after a step; nothing for a strategy without exemplars.
   *
   * @param classes how many classes the model then knows, at least 1
   * @return at least 1, or 0 without exemplars
   * @throws IllegalArgumentException if the memory is too small for so many classes
   */
  public int quota(int classes) {
    if (!strategy.usesExemplars()) {
      return 0;
    }
    int quota = memory.quota(classes);
    if (strategy.correction().holdsOut() && quota < 2) {
      throw new IllegalArgumentException(
          strategy.correction()
              + " needs two exemplars of each class, one to train on and one held out, but"
              + " the memory has places for "
              + quota
              + " of each of "
              + classes
              + " classes");
    }
    return quota;
  }

  /** The values while they are changed; see {@link IncrementalConfiguration}. */
  public static final class Draft {
    /** How old classes are kept. */
    public Strategy strategy;

    /** How many exemplars, and which. */
    public MemoryConfiguration memory;

    /** Of distillation, above 0. */
    public double temperature;

    /** The share held out for bias correction, in (0, 1). */
    public double heldOut;

    /** The path of the last layer; empty to find it. */
    public String head;

    /** What becomes of the last layer's biases. */
    public HeadBias headBias;

    /** How each step is trained. */
    public TrainingConfiguration training;

    private Draft() {}
  }

  /**
   * The same with other values, such as {@code with(i -> i.temperature = 3)}.
   *
   * @param change sets fields of the draft
   * @return the changed copy
   * @throws IllegalArgumentException if a value is out of range
   */
  public IncrementalConfiguration with(Consumer<Draft> change) {
    return Records.with(this, new Draft(), change);
  }
}
