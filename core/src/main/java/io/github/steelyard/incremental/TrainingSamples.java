package io.github.steelyard.incremental;

/** What the steps of the published strategies are trained on. */
public enum TrainingSamples implements Strategy.Samples {
  /** The samples of the new classes. */
  NEW("the new classes only") {
    @Override
    public StepSamples choose(StepData step) {
      return StepSamples.of(step.fresh());
    }
  },
  /** The samples of the new classes and the exemplars of the old ones. */
  NEW_AND_EXEMPLARS("the new classes and exemplars") {
    @Override
    public StepSamples choose(StepData step) {
      return StepSamples.withExemplars(step);
    }

    @Override
    public boolean keepsExemplars() {
      return true;
    }
  },
  /** All samples of all classes, with a model that begins anew: not incremental, a bound. */
  ALL("all samples") {
    @Override
    public StepSamples choose(StepData step) {
      return StepSamples.of(step.seen());
    }

    @Override
    public boolean beginsAnew() {
      return true;
    }
  };

  private final String words;

  TrainingSamples(String words) {
    this.words = words;
  }

  @Override
  public String toString() {
    return words;
  }
}
