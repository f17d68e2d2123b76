package io.github.steelyard.robust;

import io.github.steelyard.nn.BatchNorm2d;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.nn.Flatten;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.CrossEntropy;
import java.util.List;

/** A convolutional network that learns which quarter of the image is bright. */
final class QuarterClassifier {
  static final InputDomain DOMAIN = new InputDomain(List.of(0.3), List.of(0.25), 0, 1);

  private QuarterClassifier() {}

  static Module untrained() {
    return new Sequential(
        new Conv2d(Conv2dConfiguration.of(1, 6, 3).withPadding(1).withoutBias()),
        new BatchNorm2d(6),
        new ReLU(),
        new Flatten(),
        new Linear(6 * 8 * 8, 4));
  }

  static Module trained() {
    Module model = untrained();
    AdamW optimizer = new AdamW(ParameterGroup.of(model, 0.01, 0), AdamWConfiguration.defaults());
    for (int step = 0; step < 30; step++) {
      Scope.run(
          () -> {
            optimizer.zeroGrad();
            new CrossEntropy().compute(model, Samples.quarters(32, 4, DOMAIN)).loss().backward();
            optimizer.step();
          });
    }
    optimizer.zeroGrad();
    return model;
  }
}
