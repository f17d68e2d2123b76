package io.github.steelyard.optim;

import java.util.ArrayList;
import java.util.List;

/**
 * The usual schedules. Each returned object is an immutable record, so that two equal schedules are
 * {@code equal} and print their settings.
 */
public final class Schedules {
  private Schedules() {}

  private record Constant() implements Schedule {
    @Override
    public double factor(long step) {
      return 1;
    }
  }

  private record Step(long every, double gamma) implements Schedule {
    @Override
    public double factor(long step) {
      long drops = step / every;
      return Math.pow(gamma, (double) drops);
    }
  }

  private record MultiStep(List<Long> milestones, double gamma) implements Schedule {
    @Override
    public double factor(long step) {
      long drops = milestones.stream().filter(milestone -> milestone <= step).count();
      return Math.pow(gamma, (double) drops);
    }
  }

  private record Cosine(long steps, double minimum) implements Schedule {
    @Override
    public double factor(long step) {
      double progress = Math.min(1, step / (double) steps);
      return minimum + (1 - minimum) * (1 + Math.cos(Math.PI * progress)) / 2;
    }
  }

  private record WholeCosine(double minimum) implements Schedule {
    @Override
    public double factor(long step) {
      throw new IllegalStateException(
          "this schedule follows a whole run and was not told how many steps it has: give it to a"
              + " Trainer, or use over(steps)");
    }

    @Override
    public Schedule over(long steps) {
      return cosine(steps, minimum);
    }
  }

  private record Warmup(long steps, double start, Schedule then) implements Schedule {
    @Override
    public Schedule over(long total) {
      return new Warmup(steps, start, then.over(Math.max(1, total - steps)));
    }

    @Override
    public double factor(long step) {
      if (step >= steps) {
        return then.factor(step - steps);
      }
      return (start + (1 - start) * step / steps) * then.factor(0);
    }
  }

  private record Composed(List<Schedule> factors) implements Schedule {
    @Override
    public Schedule over(long steps) {
      return new Composed(factors.stream().map(schedule -> schedule.over(steps)).toList());
    }

    @Override
    public double factor(long step) {
      double product = 1;
      for (Schedule schedule : factors) {
        product *= schedule.factor(step);
      }
      return product;
    }
  }

  private record Sequential(List<Schedule> phases, List<Long> starts) implements Schedule {
    @Override
    public Schedule over(long steps) {
      List<Schedule> told = new ArrayList<>();
      for (int i = 0; i < phases.size(); i++) {
        long start = i == 0 ? 0 : starts.get(i - 1);
        long end = i < starts.size() ? starts.get(i) : steps;
        told.add(phases.get(i).over(Math.max(1, end - start)));
      }
      return new Sequential(List.copyOf(told), starts);
    }

    @Override
    public double factor(long step) {
      int phase = (int) starts.stream().filter(start -> start <= step).count();
      return phases.get(phase).factor(phase == 0 ? step : step - starts.get(phase - 1));
    }
  }

  /**
   * The base rate throughout.
   *
   * @return factor 1 at every step
   */
  public static Schedule constant() {
    return new Constant();
  }

  /**
   * Multiplies the rate by gamma at regular intervals.
   *
   * @param every the interval in steps, at least 1
   * @param gamma the factor at each interval, above 0
   * @return factor gamma<sup>floor(step / every)</sup>
   * @throws IllegalArgumentException if a value is out of range
   */
  public static Schedule step(long every, double gamma) {
    requirePositive("every", every);
    requirePositiveFactor(gamma);
    return new Step(every, gamma);
  }

  /**
   * Multiplies the rate by gamma at given steps.
   *
   * @param milestones the steps, each at least 1 and later than the one before
   * @param gamma the factor at each milestone, above 0
   * @return factor gamma<sup>number of milestones reached</sup>
   * @throws IllegalArgumentException if a value is out of range
   */
  public static Schedule multiStep(List<Long> milestones, double gamma) {
    requireIncreasing("milestones", milestones);
    requirePositiveFactor(gamma);
    return new MultiStep(List.copyOf(milestones), gamma);
  }

  /**
   * Follows half a cosine from the base rate down to 0 at the end of the run.
   *
   * @return a schedule that learns the number of steps from the Trainer, or by {@link
   *     Schedule#over}
   */
  public static Schedule cosine() {
    return cosine(0);
  }

  /**
   * Follows half a cosine from the base rate down to a minimum at the end of the run.
   *
   * @param minimum the last factor, from 0 to 1
   * @return a schedule that learns the number of steps from the Trainer, or by {@link
   *     Schedule#over}
   * @throws IllegalArgumentException if the minimum is out of range
   */
  public static Schedule cosine(double minimum) {
    Range.requireUnit("minimum", minimum);
    return new WholeCosine(minimum);
  }

  /**
   * Follows half a cosine from the base rate down to a minimum, and stays there.
   *
   * @param steps when the minimum is reached, at least 1
   * @param minimum the last factor, from 0 to 1
   * @return factor minimum + (1 - minimum) (1 + cos(&pi; step / steps)) / 2
   * @throws IllegalArgumentException if a value is out of range
   */
  public static Schedule cosine(long steps, double minimum) {
    requirePositive("steps", steps);
    Range.requireUnit("minimum", minimum);
    return new Cosine(steps, minimum);
  }

  /**
   * Rises linearly to where another schedule begins, then follows that.
   *
   * @param steps how long the rise takes; 0 for none
   * @param start the factor at step 0, from 0 to 1, of where the other begins. With 0 the first
   *     step does not move anything
   * @param then the schedule afterwards; it counts its steps from the end of the rise
   * @return factor (start + (1 - start) step / steps) then(0) during the rise
   * @throws IllegalArgumentException if a value is out of range
   */
  public static Schedule warmup(long steps, double start, Schedule then) {
    if (steps < 0) {
      throw new IllegalArgumentException("warm-up steps must be at least 0, but are " + steps);
    }
    Range.requireUnit("start", start);
    return new Warmup(steps, start, then);
  }

  /**
   * The product of several schedules.
   *
   * @param factors at least one
   * @return the product of their factors at the same step
   * @throws IllegalArgumentException if there is none
   */
  public static Schedule composed(List<Schedule> factors) {
    if (factors.isEmpty()) {
      throw new IllegalArgumentException("a composed schedule needs at least one schedule");
    }
    return new Composed(List.copyOf(factors));
  }

  /**
   * One schedule after another.
   *
   * @param phases the schedules; each counts its steps from its own start
   * @param starts when the second, third and further phases start; one fewer than the phases
   * @return the factor of the phase that a step is in
   * @throws IllegalArgumentException if the numbers do not fit or the starts do not increase
   */
  public static Schedule sequential(List<Schedule> phases, List<Long> starts) {
    if (phases.isEmpty() || starts.size() != phases.size() - 1) {
      throw new IllegalArgumentException(
          "a sequential schedule of "
              + phases.size()
              + " phases needs the starts of all but the first, but has "
              + starts.size());
    }
    if (!starts.isEmpty()) {
      requireIncreasing("starts", starts);
    }
    return new Sequential(List.copyOf(phases), List.copyOf(starts));
  }

  private static void requirePositive(String what, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + " must be at least 1 step, but is " + value);
    }
  }

  private static void requirePositiveFactor(double gamma) {
    if (!(gamma > 0) || Double.isInfinite(gamma)) {
      throw new IllegalArgumentException("gamma must be above 0, but is " + gamma);
    }
  }

  private static void requireIncreasing(String what, List<Long> steps) {
    if (steps.isEmpty()) {
      throw new IllegalArgumentException(what + " must name at least one step");
    }
    long before = 0;
    for (long step : steps) {
      if (step <= before) {
        throw new IllegalArgumentException(
            what + " must increase and be at least 1, but are " + steps);
      }
      before = step;
    }
  }
}
