package io.github.steelyard.compander;

import io.github.steelyard.compander.CompanderPart.Rate;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains weights by a {@link CompanderPart} alone. With a rate s, the optimizer sees s times the
 * gradient of w, and s times its step moves w:
 *
 * <pre>
 * g_v = s g_w,   w &larr; w + s (step of v)
 * </pre>
 *
 * <p>For s = psi'(v) that is what the compander does to w, to first order in the step, whatever the
 * optimizer: under SGD a rate of s^2, under Adam one of s, as its steps do not depend on the size
 * of gradients; for s = a / b it is the linear map w = (a / b) v. Weight decay is the exception: it
 * acts on w, not on v. Weights of a whole compander, and those without one, are left alone.
 *
 * <p>Costs two passes over a weight in each step, and its memory once more.
 */
public final class CompanderParts implements Callback {
  private final List<Step> steps = new ArrayList<>();

  /** A weight before its step, and its rate. */
  private record Step(Tensor weight, Tensor before, Tensor rate) {}

  /** Creates the callback. */
  public CompanderParts() {}

  @Override
  public void afterBackward(TrainingContext context) {
    steps.clear();
    each(
        context,
        (parameter, compander) -> {
          if (compander.part().rate() != Rate.PLAIN && parameter.grad().defined()) {
            Tensor weight = parameter.tensor();
            Tensor rate = Scope.computeWithoutGradient(() -> compander.rate(weight));
            Scope.withoutGradient(() -> parameter.grad().mul_(rate));
            steps.add(new Step(weight, Scope.computeWithoutGradient(() -> weight.clone()), rate));
          }
        });
  }

  @Override
  public void afterStep(TrainingContext context) {
    Scope.withoutGradient(
        () ->
            steps.forEach(step -> step.weight.sub_(step.before).mul_(step.rate).add_(step.before)));
    steps.clear();
    each(
        context,
        (parameter, compander) -> {
          if (compander.part().isBounded()) {
            Scope.withoutGradient(() -> compander.clip(parameter.tensor()));
          }
        });
  }

  private static void each(TrainingContext context, BiConsumer<Parameter, WeightCompander> action) {
    Map<String, Parameter> parameters = context.model().plainlyNamedParameters();
    WeightCompander.of(context.model())
        .forEach((name, compander) -> action.accept(parameters.get(name), compander));
  }
}
