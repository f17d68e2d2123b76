package io.github.steelyard.incremental;

import java.util.List;

/**
 * Brings strategies of class-incremental learning by name. A jar names its provider in {@code
 * META-INF/services/io.github.steelyard.incremental.StrategyProvider}; recipes then list the name
 * in {@code strategies}, programs ask {@link Strategies#get}. A strategy is one or two files: the
 * provider composes a {@link Strategy} of our parts and of its own, which may be lambdas or nested
 * classes.
 *
 * <pre>{@code
 * public final class SmoothedReplay implements StrategyProvider {
 *   public List<Strategy> strategies() {
 *     return List.of(
 *         new Strategy(
 *             "smoothed_replay", "replay with smoothed labels", "Szegedy et al., CVPR 2016",
 *             TrainingSamples.NEW_AND_EXEMPLARS,
 *             step -> new CrossEntropy(0.1),
 *             Restrictions.NONE, Corrections.NONE, ReadOuts.SOFTMAX));
 *   }
 * }
 * }</pre>
 *
 * <p>The provider needs a public constructor without arguments. Growing the last layer, exemplars,
 * evaluation, saving and resuming are the learner's work. A part must follow from the step alone:
 * it is made anew for each step, also when one is resumed. What a loss needs of earlier steps, such
 * as EWC's importance of weights, it gives to the learner by {@link Strategy.Objective#keep}, which
 * saves it and hands it to the next step.
 */
public interface StrategyProvider {
  /**
   * The strategies of one jar.
   *
   * @return at least one
   */
  List<Strategy> strategies();
}
