package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What callbacks may do to a step: veto it before the optimizer moves, and undo a part after. */
class CallbackTest {
  private static final String WEIGHT = "fc1.weight";

  static Stream<Arguments> optimizers() {
    return Stream.of(
        Arguments.of("AdamW with decay", (Function<Module, Optimizer>) TinyRun::adamW),
        Arguments.of("SGD with momentum", (Function<Module, Optimizer>) TinyRun::sgd));
  }

  /** Vetoes some steps and looks at everything that the optimizer may move, around each step. */
  private static final class Veto implements Callback {
    private final List<Long> vetoed;
    private final WeightAverage average;
    private final List<Boolean> unchanged = new ArrayList<>();
    private final List<Long> stepped = new ArrayList<>();
    private String before;

    Veto(List<Long> vetoed, WeightAverage average) {
      this.vetoed = vetoed;
      this.average = average;
    }

    private String everything(TrainingContext context) {
      Map<String, Tensor> weights = new TreeMap<>();
      context.model().namedParameters().forEach((name, p) -> weights.put(name, p.tensor()));
      return TinyRun.bits(weights)
          + TinyRun.bits(context.optimizer().state().tensors()).toString()
          + context.optimizer().state().values()
          + TinyRun.bits(average.weights());
    }

    private void compare(TrainingContext context) {
      if (before != null) {
        unchanged.add(everything(context).equals(before));
      }
    }

    @Override
    public void beforeStep(TrainingContext context) {
      compare(context);
    }

    @Override
    public void afterBackward(TrainingContext context) {
      before = everything(context);
      if (vetoed.contains(context.step())) {
        context.skipStep();
      }
    }

    @Override
    public void afterStep(TrainingContext context) {
      stepped.add(context.step());
    }

    @Override
    public void afterRun(TrainingContext context, TrainingResult result) {
      compare(context);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("optimizers")
  void givenACallbackThatVetoesSteps_whenTheModelIsTrained_thenTheseStepsCountButMoveNothing(
      String name, Function<Module, Optimizer> factory) {
    TinyRun.Net model = TinyRun.net();
    WeightAverage average = new WeightAverage(model, 0.9, true);
    // The first step, two in a row and the last one; numbers of steps done before.
    Veto veto = new Veto(List.of(0L, 3L, 4L, 9L), average);

    TrainingResult result =
        new Trainer(
                model,
                factory.apply(model),
                TinyRun.clouds(),
                new CrossEntropy(),
                TrainingConfiguration.ofEpochs(1))
            .average(average)
            .callback("veto", veto)
            .run();

    assertThat(result.steps()).isEqualTo(10);
    assertThat(veto.unchanged)
        .containsExactly(true, false, false, true, true, false, false, false, false, true);
    assertThat(veto.stepped).as("afterStep").containsExactly(2L, 3L, 6L, 7L, 8L, 9L);
    assertThat(average.updates()).isEqualTo(6);
    model
        .namedParameters()
        .forEach(
            (parameter, p) ->
                assertThat(p.grad().defined()).as("gradient of " + parameter).isFalse());
  }

  /** Puts a fixed half of the entries back after each step. */
  private static final class Frozen implements Callback {
    private final Tensor entries;
    private final Tensor values;

    Frozen(TinyRun.Net model) {
      Tensor weight = model.namedParameters().get(WEIGHT).tensor().detach();
      values = Scope.keep(Scope.compute(weight::clone));
      entries = Scope.keep(Scope.compute(() -> torch.rand_like(weight).lt(half())));
    }

    private static Scalar half() {
      return new Scalar(0.5);
    }

    @Override
    public void afterStep(TrainingContext context) {
      Scope.withoutGradient(
          () -> {
            Tensor weight = context.model().namedParameters().get(WEIGHT).tensor();
            weight.copy_(torch.where(entries, values, weight));
          });
    }

    String bits(Tensor weight) {
      return TinyRun.bits(Map.of("frozen", weight.detach().masked_select(entries))).toString();
    }

    long frozen() {
      return Scope.compute(() -> entries.sum().item_long());
    }

    long moved(Tensor weight) {
      return Scope.computeWithoutGradient(() -> weight.ne(values).sum().item_long());
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("optimizers")
  void givenACallbackThatRestoresFrozenEntries_whenTheModelIsTrained_thenTheyKeepTheirBits(
      String name, Function<Module, Optimizer> factory) {
    TinyRun.Net model = TinyRun.net();
    WeightAverage average = new WeightAverage(model, 0.9, true);
    Frozen frozen = new Frozen(model);
    Tensor weight = model.namedParameters().get(WEIGHT).tensor();
    String before = frozen.bits(weight);

    new Trainer(
            model,
            factory.apply(model),
            TinyRun.clouds(),
            new CrossEntropy(),
            TrainingConfiguration.ofEpochs(3))
        .average(average)
        .callback("frozen", frozen)
        .run();

    assertThat(frozen.frozen()).isBetween(1L, weight.numel() - 1);
    assertThat(frozen.bits(weight)).isEqualTo(before);
    assertThat(frozen.moved(weight)).isEqualTo(weight.numel() - frozen.frozen());
    assertThat(frozen.bits(average.weights().get(WEIGHT))).as("average").isEqualTo(before);
  }

  @Test
  void givenSeveralCallbacks_whenTheModelIsTrained_thenHooksRunInTheOrderOfAdding() {
    List<String> calls = new ArrayList<>();
    TinyRun.Net model = TinyRun.net();
    new Trainer(
            model,
            TinyRun.adamW(model),
            TinyRun.clouds(2, 16, 7),
            new CrossEntropy(),
            TrainingConfiguration.ofEpochs(1))
        .evaluate(TinyRun.clouds(1, 8, 8), new Accuracy())
        .callback("a", new Recorder("a", calls))
        .callback("b", new Recorder("b", calls))
        .run();
    assertThat(calls)
        .containsExactly(
            "a beforeRun 0", "b beforeRun 0",
            "a beforeEpoch 0", "b beforeEpoch 0",
            "a beforeStep 0", "b beforeStep 0",
            "a afterBackward 0", "b afterBackward 0",
            "a afterStep 1", "b afterStep 1",
            "a beforeStep 1", "b beforeStep 1",
            "a afterBackward 1", "b afterBackward 1",
            "a afterStep 2", "b afterStep 2",
            "a afterEpoch 2", "b afterEpoch 2",
            "a onEvaluation 2", "b onEvaluation 2",
            "a afterRun 2", "b afterRun 2");
  }

  private record Recorder(String name, List<String> calls) implements Callback {
    private void add(String hook, TrainingContext context) {
      calls.add(name + " " + hook + " " + context.step());
    }

    @Override
    public void beforeRun(TrainingContext context) {
      add("beforeRun", context);
    }

    @Override
    public void beforeEpoch(TrainingContext context) {
      add("beforeEpoch", context);
    }

    @Override
    public void beforeStep(TrainingContext context) {
      add("beforeStep", context);
    }

    @Override
    public void afterBackward(TrainingContext context) {
      add("afterBackward", context);
    }

    @Override
    public void afterStep(TrainingContext context) {
      add("afterStep", context);
    }

    @Override
    public void afterEpoch(TrainingContext context) {
      add("afterEpoch", context);
    }

    @Override
    public void onEvaluation(TrainingContext context, Map<String, Double> metrics) {
      add("onEvaluation", context);
    }

    @Override
    public void afterRun(TrainingContext context, TrainingResult result) {
      add("afterRun", context);
    }
  }
}
