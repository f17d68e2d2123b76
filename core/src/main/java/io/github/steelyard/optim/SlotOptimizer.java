package io.github.steelyard.optim;

import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.State;
import java.util.List;

/**
 * An optimizer that remembers some tensors of each parameter, its moments. All of PyTorch's usual
 * ones are of this kind. To write one, name the moments and give {@link #move}; what it costs
 * otherwise to write an optimizer is done here:
 *
 * <ul>
 *   <li>moments are made as zeros like their parameter, on its device and of its type, before its
 *       first step;
 *   <li>parameter groups, with rates that a schedule changes: read them from {@link Bucket#group}
 *       in each step;
 *   <li>state: moments, numbers of steps and rates are saved, checked and restored, so that a run
 *       resumes bit for bit;
 *   <li>parameters without a gradient are left out; a parameter or gradient that cannot be moved is
 *       refused before anything has changed;
 *   <li>a scope around the step, without gradients.
 * </ul>
 *
 * <pre>{@code
 * public final class SignDescent extends SlotOptimizer {
 *   public SignDescent(List<ParameterGroup> groups) {
 *     super("signdescent", groups, List.of("exp_avg"));
 *   }
 *
 *   protected void move(Bucket bucket) {
 *     for (int i = 0; i < bucket.size(); i++) {
 *       Tensor w = bucket.parameters().get(i);
 *       Tensor g = bucket.gradients().get(i);
 *       Tensor m = bucket.moments("exp_avg").get(i);
 *       m.mul_(new Scalar(0.9)).add_(g, new Scalar(0.1));
 *       w.add_(m.sign(), new Scalar(-bucket.group().learningRate()));
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>It is found by name through an {@link OptimizerProvider}, which may be a nested class of the
 * same file.
 */
public abstract class SlotOptimizer implements Optimizer {
  private final Slots slots;

  /**
   * Takes parameters in.
   *
   * @param name the optimizer's name in saved states, such as {@code adamw}; that of its {@link
   *     OptimizerEntry}
   * @param groups the parameters, each in one group only
   * @param moments the names of its moments in saved states, such as {@code exp_avg}; may be empty
   * @throws IllegalArgumentException if there is no group, a name or a parameter appears twice, or
   *     a parameter is of an unsupported type or device
   */
  protected SlotOptimizer(String name, List<ParameterGroup> groups, List<String> moments) {
    this(name, groups, moments, false);
  }

  /** With moments in single precision for parameters in half, where {@code wide}. */
  SlotOptimizer(String name, List<ParameterGroup> groups, List<String> moments, boolean wide) {
    slots = new Slots(name, groups, moments, wide);
  }

  /** The parameters and what is remembered of each. */
  final Slots slots() {
    return slots;
  }

  /**
   * Moves some parameters, in place. Called within a scope, without gradients, once a step for each
   * bucket.
   *
   * @param bucket parameters of one group, type and device, and with the same number of steps
   */
  protected abstract void move(Bucket bucket);

  @Override
  public void step() {
    Scope.withoutGradient(() -> slots.advance().forEach(this::move));
  }

  @Override
  public final List<ParameterGroup> groups() {
    return slots.groups();
  }

  @Override
  public final State state() {
    return slots.state();
  }

  @Override
  public final void restore(State state) {
    slots.restore(state);
  }
}
