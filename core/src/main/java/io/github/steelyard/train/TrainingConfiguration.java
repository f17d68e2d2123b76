package io.github.steelyard.train;

import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Records;
import java.util.function.Consumer;

/**
 * How a {@link Trainer} runs. Start from {@link #ofEpochs} and change values by {@link #with}.
 *
 * @param epochs how often the whole source is seen, at least 1
 * @param seed seeds libtorch's generator when the run starts (dropout, not the initial weights,
 *     which exist by then)
 * @param device where the model is moved to and trained
 * @param precision the number format of the forward pass
 * @param accumulation how many batches make one optimizer step, at least 1. The losses of these
 *     batches are averaged; at the end of an epoch a step may have fewer
 * @param maxGradientNorm the Euclidean norm of all gradients together is scaled down to at most
 *     this value before a step; 0 for no clipping
 * @param evaluateEvery evaluate after every so many epochs and after the last, at least 1
 * @param logEvery write the loss to the log every so many steps, at least 1
 * @param checkpointEverySteps save a checkpoint every so many steps; 0 for at the ends of epochs
 *     only
 * @param checkpointEveryEpochs save a checkpoint every so many epochs and after the last, at least
 *     1
 * @param keepCheckpoints how many of the newest checkpoints to keep beside the best, at least 1
 * @param monitor the metric of the evaluation that decides which checkpoint is the best, such as
 *     {@code accuracy} or {@code average.accuracy}
 * @param parallel how ranks work together, if there are several
 */
public record TrainingConfiguration(
    int epochs,
    long seed,
    Device device,
    Precision precision,
    int accumulation,
    double maxGradientNorm,
    int evaluateEvery,
    int logEvery,
    int checkpointEverySteps,
    int checkpointEveryEpochs,
    int keepCheckpoints,
    String monitor,
    DataParallelConfiguration parallel) {

  /**
   * Checks the values.
   *
   * @param epochs at least 1
   * @param seed any value
   * @param device where to train
   * @param precision the number format of the forward pass
   * @param accumulation at least 1
   * @param maxGradientNorm above 0, or 0 for no clipping
   * @param evaluateEvery at least 1
   * @param logEvery at least 1
   * @param checkpointEverySteps at least 0
   * @param checkpointEveryEpochs at least 1
   * @param keepCheckpoints at least 1
   * @param monitor the name of a metric of the evaluation
   * @param parallel how ranks work together
   * @throws IllegalArgumentException if a value is out of range; the message names it
   */
  public TrainingConfiguration {
    requireAtLeast("epochs", epochs, 1);
    requireAtLeast("accumulation", accumulation, 1);
    requireAtLeast("evaluateEvery", evaluateEvery, 1);
    requireAtLeast("logEvery", logEvery, 1);
    requireAtLeast("checkpointEverySteps", checkpointEverySteps, 0);
    requireAtLeast("checkpointEveryEpochs", checkpointEveryEpochs, 1);
    requireAtLeast("keepCheckpoints", keepCheckpoints, 1);
    if (!(maxGradientNorm >= 0) || Double.isInfinite(maxGradientNorm)) {
      throw new IllegalArgumentException(
          "maxGradientNorm must be above 0, or 0 for no clipping, but is " + maxGradientNorm);
    }
    if (monitor.isBlank()) {
      throw new IllegalArgumentException("monitor must name a metric, such as accuracy");
    }
  }

  private static void requireAtLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + " must be at least " + least + ", but is " + value);
    }
  }

  /**
   * The defaults: seed 0, float32 on the processor, one batch a step, no clipping, evaluation and
   * checkpoint after every epoch, the newest three checkpoints kept, the {@code loss} of the
   * evaluation monitored.
   *
   * @param epochs how often the whole source is seen, at least 1
   * @return a new configuration
   * @throws IllegalArgumentException if {@code epochs} is below 1
   */
  public static TrainingConfiguration ofEpochs(int epochs) {
    return new TrainingConfiguration(
        epochs,
        0,
        Device.CPU,
        Precision.FLOAT32,
        1,
        0,
        1,
        10,
        0,
        1,
        3,
        "loss",
        DataParallelConfiguration.defaults());
  }

  /** The values while they are changed; see {@link TrainingConfiguration}. */
  public static final class Draft {
    /** At least 1. */
    public int epochs;

    /** Any value. */
    public long seed;

    /** Where to train. */
    public Device device;

    /** The format of the forward pass. */
    public Precision precision;

    /** Batches of a step, at least 1. */
    public int accumulation;

    /** Above 0, or 0 for no clipping. */
    public double maxGradientNorm;

    /** Epochs, at least 1. */
    public int evaluateEvery;

    /** Steps, at least 1. */
    public int logEvery;

    /** Steps, or 0 for never within an epoch. */
    public int checkpointEverySteps;

    /** Epochs, at least 1. */
    public int checkpointEveryEpochs;

    /** At least 1. */
    public int keepCheckpoints;

    /** A metric of the evaluation. */
    public String monitor;

    /** How ranks work together. */
    public DataParallelConfiguration parallel;

    private Draft() {}
  }

  /**
   * The same with other values, such as {@code with(t -> t.epochs = 20)}.
   *
   * @param change sets fields of the draft
   * @return the changed copy
   * @throws IllegalArgumentException if a value is out of range
   */
  public TrainingConfiguration with(Consumer<Draft> change) {
    return Records.with(this, new Draft(), change);
  }
}
