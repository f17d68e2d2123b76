package io.github.steelyard.incremental;

import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import java.util.Optional;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Tensor;

/**
 * Makes the models that steps train.
 *
 * @param configuration how to learn
 * @param backbone makes a model with as many classes as it is told
 */
record StepModels(IncrementalConfiguration configuration, IntFunction<Module> backbone) {

  /** Whether each step begins with a new model instead of the model before it. */
  boolean beginAnew() {
    return configuration.strategy().samples().beginsAnew();
  }

  /** The model that a step trains: the one before it with more rows, or a new one. */
  Module student(Optional<Module> before, ClassMap known, ClassMap after) {
    boolean anew = before.isEmpty() || beginAnew();
    Module student = make(anew ? after.size() : known.size());
    if (!anew) {
      student.loadStateDict(before.orElseThrow().stateDict());
      student = new GrowHead(configuration.head(), after.size() - known.size()).apply(student);
      holdBias(student, known.size());
    }
    configuration.strategy().correction().check(ClassifierHead.of(student, configuration.head()));
    return student;
  }

  /**
   * A new model.
   *
   * @throws IllegalArgumentException if the backbone does not make one with so many classes
   */
  Module make(int classes) {
    Module made = backbone.apply(classes);
    ClassifierHead head = ClassifierHead.of(made, configuration.head());
    if (head.classes() != classes) {
      throw new IllegalArgumentException(
          "the backbone was asked for "
              + classes
              + " classes, but its last layer '"
              + head.path()
              + "' has "
              + head.classes()
              + " outputs");
    }
    made.to(configuration.training().device());
    holdBias(made, 0);
    return made;
  }

  /** Keeps biases of classes from the first new one on at 0, and all from being trained. */
  private void holdBias(Module model, int firstNew) {
    if (configuration.headBias() != HeadBias.ZERO) {
      return;
    }
    ClassifierHead head = ClassifierHead.of(model, configuration.head());
    head.linear()
        .bias()
        .ifPresent(
            bias -> {
              HeadRows.requireAssignable(bias, head.path() + ".bias", "a bias of zero");
              bias.setTrainable(false);
              Scope.withoutGradient(
                  () -> {
                    Tensor zeroed = bias.value().clone();
                    HeadRows.of(zeroed, firstNew, head.classes()).zero_();
                    HeadRows.assign(bias, zeroed, firstNew);
                  });
            });
  }
}
