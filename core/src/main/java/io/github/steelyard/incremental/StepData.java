package io.github.steelyard.incremental;

import io.github.steelyard.data.Dataset;

/** What there is to train a step on; {@link Strategy.Samples} choose from it. */
public final class StepData {
  private final IncrementalConfiguration configuration;
  private final Dataset training;
  private final Dataset fresh;
  private final ClassMap classes;
  private final ExemplarMemory memory;

  /** Finds the samples of the new classes, of which each must have one. */
  StepData(
      IncrementalConfiguration configuration,
      Dataset training,
      ClassMap classes,
      ExemplarMemory memory) {
    this.configuration = configuration;
    this.training = training;
    this.classes = classes;
    this.memory = memory;
    fresh = new ClassView(training, classes, oldClasses(), classes.size());
  }

  /**
   * The samples of the step's new classes.
   *
   * @return labelled with the rows of the last layer
   */
  public Dataset fresh() {
    return fresh;
  }

  /**
   * The samples of all classes so far, for bounds: an incremental learner has lost the old ones.
   *
   * @return labelled with the rows of the last layer
   * @throws IllegalArgumentException if the data has no samples of an old class
   */
  public Dataset seen() {
    return new ClassView(training, classes, 0, classes.size());
  }

  /**
   * The exemplars of the classes of earlier steps.
   *
   * @return the memory before the step; empty in the first
   */
  public ExemplarMemory memory() {
    return memory;
  }

  /**
   * The classes after the step.
   *
   * @return in the order of the last layer's rows
   */
  public ClassMap classes() {
    return classes;
  }

  /**
   * How many of the first rows belong to classes of earlier steps.
   *
   * @return 0 in the first step
   */
  public int oldClasses() {
    return classes.firstRow(classes.steps() - 1);
  }

  /**
   * How the learner learns, with the whole strategy.
   *
   * @return the configuration
   */
  public IncrementalConfiguration configuration() {
    return configuration;
  }
}
