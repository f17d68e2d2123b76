package io.github.steelyard.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SchedulesTest {
  private static final Offset<Double> EXACT = within(1e-15);

  @Test
  void givenAConstantSchedule_whenAsked_thenItIsOneThroughout() {
    assertThat(Schedules.constant().factor(0)).isEqualTo(1);
    assertThat(Schedules.constant().factor(1_000_000_000_000L)).isEqualTo(1);
  }

  @Test
  void givenAStepSchedule_whenAnIntervalEnds_thenTheRateDrops() {
    Schedule schedule = Schedules.step(10, 0.1);
    assertThat(schedule.factor(9)).isEqualTo(1);
    assertThat(schedule.factor(10)).isCloseTo(0.1, EXACT);
    assertThat(schedule.factor(25)).isCloseTo(0.01, EXACT);
  }

  @Test
  void givenMilestones_whenOneIsReached_thenTheRateDrops() {
    Schedule schedule = Schedules.multiStep(List.of(3L, 7L), 0.5);
    assertThat(schedule.factor(2)).isEqualTo(1);
    assertThat(schedule.factor(3)).isEqualTo(0.5);
    assertThat(schedule.factor(7)).isEqualTo(0.25);
  }

  @Test
  void givenACosineOfAWholeRun_whenItLearnsTheSteps_thenItIsTheOneThatWasGivenThem() {
    assertThat(Schedules.cosine(0.1).over(100)).isEqualTo(Schedules.cosine(100, 0.1));
    assertThat(Schedules.warmup(10, 0, Schedules.cosine()).over(100))
        .isEqualTo(Schedules.warmup(10, 0, Schedules.cosine(90, 0)));
    assertThat(
            Schedules.sequential(List.of(Schedules.cosine(), Schedules.cosine()), List.of(30L))
                .over(100))
        .isEqualTo(
            Schedules.sequential(
                List.of(Schedules.cosine(30, 0), Schedules.cosine(70, 0)), List.of(30L)));
    assertThat(Schedules.composed(List.of(Schedules.step(5, 0.5), Schedules.cosine())).over(100))
        .isEqualTo(Schedules.composed(List.of(Schedules.step(5, 0.5), Schedules.cosine(100, 0))));
  }

  @Test
  void givenACosineOfAWholeRun_whenNobodyToldTheSteps_thenTheErrorSaysWhatToDo() {
    assertThatThrownBy(() -> Schedules.cosine().factor(0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("over(steps)");
  }

  @Test
  void givenACosine_whenFollowed_thenItFallsToItsMinimumAndStays() {
    Schedule schedule = Schedules.cosine(100, 0.1);
    assertThat(schedule.factor(0)).isEqualTo(1);
    assertThat(schedule.factor(50)).isCloseTo(0.55, EXACT);
    assertThat(schedule.factor(100)).isCloseTo(0.1, EXACT);
    assertThat(schedule.factor(1000)).isCloseTo(0.1, EXACT);
  }

  @Test
  void givenAWarmUp_whenFollowed_thenItRisesLinearlyAndHandsOver() {
    Schedule schedule = Schedules.warmup(4, 0.2, Schedules.step(2, 0.5));
    assertThat(schedule.factor(0)).isCloseTo(0.2, EXACT);
    assertThat(schedule.factor(2)).isCloseTo(0.6, EXACT);
    assertThat(schedule.factor(4)).isEqualTo(1);
    assertThat(schedule.factor(6)).isEqualTo(0.5);
    assertThat(Schedules.warmup(0, 0, Schedules.constant()).factor(0)).isEqualTo(1);
  }

  @Test
  void givenSeveralSchedules_whenComposedOrInSequence_thenTheyMultiplyOrFollowOneAnother() {
    Schedule halves = Schedules.step(1, 0.5);
    Schedule tenths = Schedules.step(2, 0.1);
    assertThat(Schedules.composed(List.of(halves, tenths)).factor(2)).isCloseTo(0.025, EXACT);
    Schedule sequence = Schedules.sequential(List.of(Schedules.constant(), halves), List.of(5L));
    assertThat(sequence.factor(4)).isEqualTo(1);
    assertThat(sequence.factor(5)).isEqualTo(1);
    assertThat(sequence.factor(7)).isEqualTo(0.25);
  }

  @Test
  void givenGroupsWithOwnRates_whenAScheduleIsApplied_thenEachBaseRateIsMultiplied() {
    Problem problem = new Problem(0.4);
    problem.groups.get(1).setLearningRate(0.9);
    Schedules.step(1, 0.5).apply(problem.groups, 2);
    assertThat(problem.groups).allSatisfy(g -> assertThat(g.learningRate()).isEqualTo(0.1));
  }

  @Test
  void givenValuesOutOfRange_whenMade_thenTheErrorNamesThem() {
    refuses(() -> Schedules.step(0, 0.5), "every", "0");
    refuses(() -> Schedules.step(1, -0.5), "gamma", "-0.5");
    refuses(() -> Schedules.multiStep(List.of(), 0.5), "milestones");
    refuses(() -> Schedules.multiStep(List.of(5L, 5L), 0.5), "milestones", "[5, 5]");
    refuses(() -> Schedules.cosine(0, 0), "steps");
    refuses(() -> Schedules.cosine(10, 1.5), "minimum", "1.5");
    refuses(() -> Schedules.warmup(-1, 0, Schedules.constant()), "-1");
    refuses(() -> Schedules.warmup(1, Double.NaN, Schedules.constant()), "start", "NaN");
    refuses(() -> Schedules.composed(List.of()), "at least one");
    refuses(() -> Schedules.sequential(List.of(Schedules.constant()), List.of(3L)), "starts");
  }

  private static void refuses(Runnable work, String... reasons) {
    assertThatIllegalArgumentException()
        .isThrownBy(work::run)
        .satisfies(e -> assertThat(e.getMessage()).contains(reasons));
  }
}
