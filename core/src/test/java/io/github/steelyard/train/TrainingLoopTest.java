package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.steelyard.data.Batch;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.runtime.State;
import io.github.steelyard.runtime.Stateful;
import io.github.steelyard.train.TrainingResult.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class TrainingLoopTest {
  private final TinyRun.Net model = TinyRun.net();
  private final Optimizer optimizer = TinyRun.adamW(model);
  private final Batch batch = TinyRun.clouds().epoch(0, 0).next();
  private final TrainingRun run =
      new TrainingRun(
          model, optimizer, 4, TrainingConfiguration.ofEpochs(2).with(t -> t.accumulation = 3));

  private Tensor loss() {
    return new CrossEntropy().compute(model, batch).loss();
  }

  private void step(TrainingLoop loop) {
    loop.beforeStep();
    for (int i = loop.batchesInStep(); i > 0; i--) {
      loop.backward(batch.size(), this::loss);
    }
    if (loop.afterBackward()) {
      optimizer.step();
    }
    loop.afterStep();
  }

  @Test
  void givenHooksInAnotherOrder_thenTheErrorSaysWhichComesNext() {
    try (TrainingLoop loop = run.begin()) {
      assertThatIllegalStateException()
          .isThrownBy(loop::beforeStep)
          .withMessageContaining("comes beforeEpoch or afterRun");
      loop.beforeEpoch();
      assertThatIllegalStateException()
          .isThrownBy(() -> loop.backward(1, this::loss))
          .withMessageContaining("comes beforeStep or afterEpoch");
      loop.beforeStep();
      assertThatIllegalStateException()
          .isThrownBy(loop::afterBackward)
          .withMessageContaining("backward for each of its 3 batches");
      assertThatIllegalStateException()
          .isThrownBy(loop::checkpoint)
          .withMessageContaining("inside a step");
      assertThatIllegalStateException()
          .isThrownBy(loop::afterStep)
          .withMessageContaining("comes backward, then afterBackward");
    }
  }

  @Test
  void givenMoreThanTheRunHas_thenTheErrorSaysWhatToAsk() {
    try (TrainingLoop loop = run.begin()) {
      for (int epoch = 0; epoch < 2; epoch++) {
        loop.beforeEpoch();
        step(loop);
        assertThat(loop.batchesInStep()).isEqualTo(1);
        step(loop);
        assertThat(loop.hasNextStep()).isFalse();
        assertThatIllegalStateException()
            .isThrownBy(loop::beforeStep)
            .withMessageContaining("ask hasNextStep");
        loop.afterEpoch();
      }
      assertThat(loop.hasNextEpoch()).isFalse();
      assertThatIllegalStateException()
          .isThrownBy(loop::beforeEpoch)
          .withMessageContaining("ask hasNextEpoch");
      assertThat(loop.afterRun().outcome()).isEqualTo(Outcome.COMPLETED);
    }
    assertThatIllegalStateException()
        .isThrownBy(run::begin)
        .withMessageContaining("a run is used once");
  }

  @Test
  void givenAVeto_whenTheStepEnds_thenItCountsAndNothingWasMoved() {
    List<Long> seen = new ArrayList<>();
    run.callback(
        "veto",
        new Callback() {
          @Override
          public void afterBackward(TrainingContext context) {
            context.skipStep();
          }

          @Override
          public void afterStep(TrainingContext context) {
            seen.add(context.step());
          }
        });
    Map<String, String> before = TinyRun.bits(Map.of("w", model.stateDict().get("fc1.weight")));
    try (TrainingLoop loop = run.begin()) {
      loop.beforeEpoch();
      step(loop);
      assertThat(loop.context().step()).isEqualTo(1);
    }
    assertThat(seen).isEmpty();
    assertThat(TinyRun.bits(Map.of("w", model.stateDict().get("fc1.weight")))).isEqualTo(before);
  }

  @Test
  void givenAnOwnPart_whenTheRunIsRestored_thenItHasItsStateAgain() {
    Counter counter = new Counter();
    run.part("counter", counter);
    Checkpoint saved;
    try (TrainingLoop loop = run.begin()) {
      counter.count = 7;
      saved = loop.checkpoint();
    }
    Counter other = new Counter();
    new TrainingRun(
            model, optimizer, 4, TrainingConfiguration.ofEpochs(2).with(t -> t.accumulation = 3))
        .part("counter", other)
        .restore(saved);

    assertThat(other.count).isEqualTo(7);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> run.part("optimizer", counter))
        .withMessageContaining("a part 'optimizer' of its own");
  }

  private static final class Counter implements Stateful {
    private int count;

    @Override
    public State state() {
      return new State(Map.of(), Map.of("count", count));
    }

    @Override
    public void restore(State state) {
      count = ((Number) state.values().get("count")).intValue();
    }
  }
}
