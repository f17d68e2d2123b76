package io.github.steelyard.cli.recipe;

import io.github.steelyard.runtime.Device;
import io.github.steelyard.train.DataParallelConfiguration;
import io.github.steelyard.train.Precision;
import io.github.steelyard.train.TrainingConfiguration;

/**
 * How long and how a recipe trains.
 *
 * @param epochs how often the training data is seen, at least 1
 * @param precision the number format of the forward pass
 * @param accumulation how many batches make one optimizer step, at least 1
 * @param maxGradientNorm gradients are scaled down to at most this norm; 0 for no clipping
 * @param averageDecay the decay of the running average of the weights, below 1; 0 for none
 * @param average which average, where there is one
 * @param patience how many evaluations without a better one end the run; 0 for never
 * @param evaluateEvery epochs between evaluations, at least 1
 * @param logEvery steps between lines of the log, at least 1
 * @param checkpointEverySteps steps between checkpoints; 0 for at the ends of epochs only
 * @param checkpointEveryEpochs epochs between checkpoints, at least 1
 * @param keepCheckpoints how many of the newest checkpoints to keep beside the best, at least 1
 * @param monitor the metric that decides which checkpoint is the best
 */
public record TrainRecipe(
    int epochs,
    Precision precision,
    int accumulation,
    double maxGradientNorm,
    double averageDecay,
    Average average,
    int patience,
    int evaluateEvery,
    int logEvery,
    int checkpointEverySteps,
    int checkpointEveryEpochs,
    int keepCheckpoints,
    String monitor) {

  /** Which average of the weights. */
  public enum Average {
    /** Of all tensors, with a smaller decay at first. */
    USUAL,
    /** That of TSCNC's code: {@link io.github.steelyard.train.WeightAverage#published}. */
    PUBLISHED
  }

  /**
   * Checks the values.
   *
   * @param epochs at least 1
   * @param precision the number format of the forward pass
   * @param accumulation at least 1
   * @param maxGradientNorm at least 0
   * @param averageDecay from 0 to below 1
   * @param average which average; the published one needs a decay
   * @param patience at least 0
   * @param evaluateEvery at least 1
   * @param logEvery at least 1
   * @param checkpointEverySteps at least 0
   * @param checkpointEveryEpochs at least 1
   * @param keepCheckpoints at least 1
   * @param monitor the name of a metric
   * @throws IllegalArgumentException if a value is out of range; the message names it
   */
  public TrainRecipe(
      int epochs,
      Precision precision,
      int accumulation,
      double maxGradientNorm,
      double averageDecay,
      Average average,
      int patience,
      int evaluateEvery,
      int logEvery,
      int checkpointEverySteps,
      int checkpointEveryEpochs,
      int keepCheckpoints,
      String monitor) {
    this.epochs = epochs;
    this.precision = precision;
    this.accumulation = accumulation;
    this.maxGradientNorm = maxGradientNorm;
    this.averageDecay = averageDecay;
    this.average = average;
    this.patience = patience;
    this.evaluateEvery = evaluateEvery;
    this.logEvery = logEvery;
    this.checkpointEverySteps = checkpointEverySteps;
    this.checkpointEveryEpochs = checkpointEveryEpochs;
    this.keepCheckpoints = keepCheckpoints;
    this.monitor = monitor;
    configuration();
    if (!(averageDecay >= 0 && averageDecay < 1)) {
      throw new IllegalArgumentException(
          "averageDecay must be from 0 (no average) to below 1, but is " + averageDecay);
    }
    if (average == Average.PUBLISHED && averageDecay == 0) {
      throw new IllegalArgumentException(
          "average is 'published', but averageDecay is 0 (no average); the authors of TSCNC have"
              + " 0.99");
    }
    if (patience < 0) {
      throw new IllegalArgumentException(
          "patience must be at least 0 (never stop early), but is " + patience);
    }
  }

  /**
   * What the trainer knows of it, on the processor and with seed 0.
   *
   * @return the trainer's configuration
   */
  public TrainingConfiguration configuration() {
    return new TrainingConfiguration(
        epochs,
        0,
        Device.CPU,
        precision,
        accumulation,
        maxGradientNorm,
        evaluateEvery,
        logEvery,
        checkpointEverySteps,
        checkpointEveryEpochs,
        keepCheckpoints,
        monitor,
        DataParallelConfiguration.defaults());
  }

  static TrainRecipe defaults() {
    return new TrainRecipe(
        10, Precision.FLOAT32, 1, 0, 0, Average.USUAL, 0, 1, 10, 0, 1, 2, "accuracy");
  }
}
