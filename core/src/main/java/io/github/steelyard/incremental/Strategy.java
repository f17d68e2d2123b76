package io.github.steelyard.incremental;

import io.github.steelyard.runtime.Named;
import io.github.steelyard.runtime.State;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.Loss;
import java.util.Map;
import java.util.Optional;

/**
 * How a learner keeps old classes while it learns new ones, composed of parts: what it is trained
 * on, a loss, a restriction, a correction and a read-out. The published ones are found in {@link
 * Strategies}; a jar adds others, of our parts or its own, by a {@link StrategyProvider}.
 *
 * @param name how recipes call it, such as {@code wa}
 * @param summary what it does, in one sentence
 * @param paper authors, title, venue and year
 * @param samples what a step is trained on, and whether it begins anew
 * @param objective what a step minimizes, and what of a step it keeps for the next
 * @param restriction what holds weights in their range during a step
 * @param correction what is done to the last layer after a step
 * @param readOut how the model answers
 */
public record Strategy(
    String name,
    String summary,
    String paper,
    Samples samples,
    Objective objective,
    Restriction restriction,
    Correction correction,
    ReadOut readOut)
    implements Named {

  /** What a step is trained on: see {@link TrainingSamples}. */
  @FunctionalInterface
  public interface Samples {
    /**
     * Chooses the samples of one step. It must follow from the step alone, as it is asked again
     * when a step is resumed.
     *
     * @param step what there is to choose from
     * @return what training sees
     * @throws IllegalArgumentException if there are not enough samples
     */
    StepSamples choose(StepData step);

    /**
     * Whether exemplars of each step's classes are kept for the steps after it, as the {@link
     * MemoryConfiguration} says.
     *
     * @return false by default
     */
    default boolean keepsExemplars() {
      return false;
    }

    /**
     * Whether each step begins with a new model instead of the one before it, which makes it a
     * bound rather than a way to learn.
     *
     * @return false by default
     */
    default boolean beginsAnew() {
      return false;
    }
  }

  /** What a step minimizes. A jar's own is a lambda or a class; see {@link StrategyProvider}. */
  @FunctionalInterface
  public interface Objective {
    /**
     * The loss of one step.
     *
     * @param step the classes, the samples and the model before the step
     * @return a new loss; what it learns itself must be a module's parameter to be trained
     */
    Loss loss(StepContext step);

    /**
     * Whether it is nothing without the model before the step, so that it makes no sense where each
     * step begins anew.
     *
     * @return false by default
     */
    default boolean needsOldModel() {
      return false;
    }

    /**
     * What the losses of later steps need of this one, such as the importance of each weight. It is
     * saved with the learner, and the next step finds it in {@link StepContext#kept}.
     *
     * @param trained the model after the step, corrected, and what it says of samples
     * @param step the classes and the samples
     * @return tensors and values; what was kept before is replaced; empty by default
     */
    default State keep(Outputs trained, StepContext step) {
      return State.empty();
    }
  }

  /** What holds weights in their range during a step: see {@link Restrictions}. */
  @FunctionalInterface
  public interface Restriction {
    /**
     * What acts around the optimizer's steps.
     *
     * @param step the classes, the samples and the model before the step
     * @return a new callback; empty for none
     */
    Optional<Callback> callback(StepContext step);
  }

  /** What is done to the last layer after every step but the first: see {@link Corrections}. */
  public interface Correction {
    /**
     * Changes the trained model, in place.
     *
     * @param trained the model, and what it says of samples
     * @param step the classes and the samples
     * @return the numbers to report, by name, such as {@code gamma}; may be empty
     */
    Map<String, Double> apply(Outputs trained, StepContext step);

    /**
     * Whether it needs samples that training has not seen ({@link StepContext#heldOut}): a share of
     * each old class's exemplars and as many of each new class. It then needs a strategy with
     * exemplars.
     *
     * @return false by default
     */
    default boolean holdsOut() {
      return false;
    }

    /**
     * Refuses a last layer that it cannot correct, before training.
     *
     * @param head the last layer
     * @throws IllegalArgumentException if it cannot be corrected
     */
    default void check(ClassifierHead head) {}
  }

  /** How the model answers: see {@link ReadOuts}. */
  public interface ReadOut {
    /**
     * What results call it.
     *
     * @return small letters and underscores, such as {@code nearest_mean}
     */
    String key();

    /**
     * Gives answers.
     *
     * @param trained the model, and what it says of samples
     * @param classes the classes that it knows
     * @param memory the exemplars
     * @return a loss whose logits, float [n, classes], are largest at the answer
     * @throws IllegalArgumentException if exemplars are needed and missing
     */
    Loss answers(Outputs trained, ClassMap classes, ExemplarMemory memory);

    /**
     * Whether it answers by exemplars.
     *
     * @return false by default
     */
    default boolean needsExemplars() {
      return false;
    }
  }

  /**
   * Checks that the choices fit each other.
   *
   * @param name how recipes call it
   * @param summary what it does
   * @param paper where it was published
   * @param samples what a step is trained on
   * @param objective what a step minimizes
   * @param restriction what holds weights in their range during a step
   * @param correction what is done to the last layer after a step
   * @param readOut how the model answers
   * @throws IllegalArgumentException if the name is blank or two choices do not fit
   */
  public Strategy {
    if (name.isBlank()) {
      throw new IllegalArgumentException("a strategy needs a name");
    }
    boolean exemplars = samples.keepsExemplars();
    if (correction.holdsOut() && !exemplars) {
      throw new IllegalArgumentException(
          "the strategy '"
              + name
              + "' cannot hold samples out for its "
              + correction
              + ": that needs exemplars, but it trains on "
              + samples);
    }
    if (readOut.needsExemplars() && !exemplars) {
      throw new IllegalArgumentException(
          "the strategy '"
              + name
              + "' cannot answer by "
              + readOut.key()
              + ": that needs exemplars, but it trains on "
              + samples);
    }
    if (samples.beginsAnew()
        && (objective.needsOldModel() || !correction.equals(Corrections.NONE))) {
      throw new IllegalArgumentException(
          "the strategy '"
              + name
              + "' begins anew with each step: there is no old model to distil or align with");
    }
  }

  /**
   * Whether exemplars are kept.
   *
   * @return true if the samples keep them
   */
  public boolean usesExemplars() {
    return samples.keepsExemplars();
  }

  /**
   * The same strategy with another restriction, such as none for a backbone whose features take
   * both signs.
   *
   * @param restricted what holds weights in their range
   * @return the changed strategy
   */
  public Strategy withRestriction(Restriction restricted) {
    return new Strategy(name, summary, paper, samples, objective, restricted, correction, readOut);
  }
}
