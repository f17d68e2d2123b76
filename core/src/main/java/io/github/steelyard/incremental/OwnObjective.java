package io.github.steelyard.incremental;

import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.Loss;

/** The losses of the published strategies. */
enum OwnObjective implements Strategy.Objective {
  CROSS_ENTROPY {
    @Override
    public Loss loss(StepContext step) {
      return new CrossEntropy();
    }
  },
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
  SIGMOID_DISTILLATION {
    @Override
    public Loss loss(StepContext step) {
      return new SigmoidDistillation(step.oldModel());
    }
  }
}
