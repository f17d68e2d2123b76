package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExplanationWorkTest {
  private static final int BATCHES = 4;

  /** Hears how much time is left. */
  private static final class Heard implements ExplanationListener {
    private final List<Double> left = new ArrayList<>();

    @Override
    public void started() {}

    @Override
    public void advanced(String phase, double batch, int batches, Duration spent, Duration rest) {
      left.add(rest.toNanos() / 1e9);
    }

    private double last() {
      return left.get(left.size() - 1);
    }
  }

  private final Heard heard = new Heard();
  private double now;

  private ExplanationWork work() {
    return new ExplanationWork(heard, BATCHES, () -> Math.round(now * 1e9));
  }

  private void run(AnalysisListener listener, double each) {
    for (int batch = 1; batch <= BATCHES; batch++) {
      now += each;
      listener.advanced("", batch, BATCHES);
    }
  }

  @Test
  void givenPassesThatTakeLongerThanExpected_whenTheFirstGoesOn_thenItsKindIsCorrectedAtOnce() {
    ExplanationWork work = work();
    work.plan("bases", "one", 1, 1);
    work.plan("bases", "another", 2, 1);
    work.plan("edges", "third", 1, 1);
    AnalysisListener one = work.hearing("one");

    now += 2.5;
    one.within("", 0.5, BATCHES); // half a batch, five times as long as expected

    assertThat(heard.last()).isCloseTo(3.5 * 5 + 8 * 5 + 4 * 5, within(1e-6));
    now += 17.5;
    one.advanced("", BATCHES, BATCHES);
    run(work.hearing("another"), 10);
    assertThat(heard.last()).as("the kinds that are left").isCloseTo(4 * 5, within(1e-6));
    AnalysisListener third = work.hearing("third");
    now += 1;
    third.advanced("", 1, BATCHES);
    assertThat(heard.last()).as("of a kind that was expected right").isCloseTo(3, within(1e-6));
  }

  @Test
  void givenPassesThatWereNotNeeded_whenALaterOneBegins_thenTheyAreNotWaitedFor() {
    ExplanationWork work = work();
    work.plan("trials", "tried", 1, 10);
    work.plan("runs", "last", 1, 1);

    run(work.hearing("tried"), 1);
    assertThat(heard.last()).isCloseTo(40, within(1e-6));
    run(work.hearing("last"), 1);

    assertThat(heard.last()).isZero();
    assertThat(heard.left).isSortedAccordingTo((a, b) -> Double.compare(b, a));
  }
}
