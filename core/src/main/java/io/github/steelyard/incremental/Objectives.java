package io.github.steelyard.incremental;

import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Loss;

/** The losses of the published strategies. */
public enum Objectives implements Strategy.Objective {
  /** {@link io.github.steelyard.train.CrossEntropy} of all classes seen. */
  CROSS_ENTROPY {
    @Override
    public Loss loss(StepContext step) {
      return new CrossEntropy();
    }
  },
  /** {@link IncrementalDistillation}; without an old model, cross-entropy. */
  DISTILLATION {
    @Override
    public Loss loss(StepContext step) {
      return step.oldModel()
          .<Loss>map(old -> new IncrementalDistillation(old, step.configuration().temperature()))
          .orElseGet(CrossEntropy::new);
    }

    @Override
    public boolean needsOldModel() {
      return true;
    }
  },
  /** {@link SigmoidDistillation}; without an old model, its binary cross-entropy alone. */
  SIGMOID_DISTILLATION {
    @Override
    public Loss loss(StepContext step) {
      return new SigmoidDistillation(step.oldModel());
    }
  }
}
