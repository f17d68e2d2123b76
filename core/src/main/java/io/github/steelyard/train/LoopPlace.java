package io.github.steelyard.train;

/** Where a loop stands, so that hooks in another order are refused instead of training wrongly. */
final class LoopPlace {
  /** The places of a loop, and what may follow each. */
  enum Stand {
    RUN("beforeEpoch or afterRun"),
    EPOCH("beforeStep or afterEpoch"),
    STEP("backward, then afterBackward"),
    GRADIENTS("afterStep"),
    ENDED("nothing more: the run has ended");

    private final String next;

    Stand(String next) {
      this.next = next;
    }
  }

  private Stand stand = Stand.RUN;

  void enterEpoch(boolean left) {
    requireIn(Stand.RUN, "beforeEpoch");
    if (!left) {
      throw new IllegalStateException("all epochs are done; ask hasNextEpoch before each");
    }
    stand = Stand.EPOCH;
  }

  void enterStep(boolean left) {
    requireIn(Stand.EPOCH, "beforeStep");
    if (!left) {
      throw new IllegalStateException(
          "the epoch has no batch left; ask hasNextStep before each step");
    }
    stand = Stand.STEP;
  }

  void move(Stand from, Stand to, String hook) {
    requireIn(from, hook);
    stand = to;
  }

  void requireIn(Stand wanted, String hook) {
    if (stand != wanted) {
      throw new IllegalStateException(
          hook + " is called out of order: after what was called, comes " + stand.next);
    }
  }

  void requireBetweenSteps() {
    if (stand == Stand.STEP || stand == Stand.GRADIENTS) {
      throw new IllegalStateException(
          "a run cannot be saved inside a step; save it after afterStep");
    }
  }
}
