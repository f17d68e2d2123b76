package io.github.steelyard.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.State;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Visits every row of the table, so that a new optimizer cannot forget anything. */
@Tag("once")
class OptimizersTest {
  private static List<OptimizerEntry<?>> everyOptimizer() {
    return Optimizers.all();
  }

  /** Every optimizer with its defaults, and with each of its switches on. */
  private static Stream<Arguments> everyVariant() {
    return Optimizers.all().stream()
        .flatMap(
            entry -> {
              Map<String, Object> busy = new HashMap<>();
              if (entry.options().containsKey("momentum")) {
                busy.put("momentum", 0.9);
              }
              entry
                  .options()
                  .forEach(
                      (option, value) -> {
                        if (value instanceof Boolean) {
                          busy.put(option, true);
                        }
                      });
              Map<String, Object> momentum = new HashMap<>(busy);
              momentum.remove("nesterov");
              return Stream.of(Map.of(), busy, momentum).map(o -> Arguments.of(entry, o));
            });
  }

  @ParameterizedTest
  @MethodSource("everyVariant")
  void givenASmallProblem_whenStepping_thenTheLossFalls(
      OptimizerEntry<?> entry, Map<String, Object> options) {
    Problem problem = new Problem(0.02);
    Optimizer optimizer = entry.create(problem.groups, options);
    double first = problem.step(optimizer);
    for (int i = 0; i < 60; i++) {
      problem.step(optimizer);
    }
    assertThat(problem.step(optimizer)).isLessThan(0.95 * first);
  }

  @ParameterizedTest
  @MethodSource("everyVariant")
  void givenASavedState_whenRestoredIntoANewOptimizer_thenBothContinueBitExactly(
      OptimizerEntry<?> entry, Map<String, Object> options) throws JsonProcessingException {
    Problem problem = new Problem(0.02);
    Optimizer optimizer = entry.create(problem.groups, options);
    for (int i = 0; i < 5; i++) {
      problem.step(optimizer);
    }
    problem.groups.get(0).setLearningRate(0.013);
    State saved = copy(optimizer.state());
    Problem other = new Problem(0.02);
    Scope.withoutGradient(
        () -> {
          other.weight.tensor().copy_(problem.weight.tensor());
          other.bias.tensor().copy_(problem.bias.tensor());
        });

    Optimizer resumed = entry.create(other.groups, options);
    resumed.restore(saved);
    for (int i = 0; i < 5; i++) {
      problem.step(optimizer);
      other.step(resumed);
    }

    assertThat(other.groups.get(0).learningRate()).isEqualTo(0.013);
    assertThat(other.weights()).isEqualTo(problem.weights());
  }

  /** As a checkpoint does it: tensors by value, values through JSON. */
  private static State copy(State state) throws JsonProcessingException {
    JsonMapper json = new JsonMapper();
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Scope.withoutGradient(
        () -> state.tensors().forEach((name, t) -> tensors.put(name, Scope.keep(t.clone()))));
    return new State(
        tensors,
        json.readValue(
            json.writeValueAsString(state.values()), new TypeReference<Map<String, Object>>() {}));
  }

  @ParameterizedTest
  @MethodSource("everyOptimizer")
  void givenAStateThatDoesNotFit_whenRestored_thenTheErrorNamesTheKeyAndNothingChanges(
      OptimizerEntry<?> entry) {
    Map<String, Object> options =
        entry.options().containsKey("momentum") ? Map.of("momentum", 0.9) : Map.of();
    Problem problem = new Problem(0.02);
    Optimizer optimizer = entry.create(problem.groups, options);
    problem.step(optimizer);
    State good = optimizer.state();
    String key =
        good.tensors().keySet().stream()
            .filter(k -> k.startsWith("fc.weight"))
            .findFirst()
            .orElseThrow();
    List<Float> before = floats(good, key);

    refuses(optimizer, with(good, key, null), "lacks the tensor '" + key + "'");
    refuses(optimizer, with(good, key, torch.ones(7)), key, "[7]", "[6, 4]");
    refuses(
        optimizer, with(good, key, torch.ones(6, 4).to(torch.ScalarType.Double)), key, "Double");
    refuses(optimizer, with(good, key + "x", torch.ones(6, 4)), "'" + key + "x'", "did you mean");
    refuses(optimizer, withValue(good, "optimizer", "rmsprop"), "rmsprop", entry.name());
    refuses(optimizer, withValue(good, "steps", 3), "steps", "3");
    refuses(optimizer, withValue(good, "steps", Map.of("fc.weight", 1)), "lacks the parameter");
    refuses(
        optimizer,
        withValue(good, "steps", Map.of("fc.weight", -1, "fc.bias", 1, "idle", 0)),
        "fc.weight",
        "-1");
    refuses(optimizer, withValue(good, "groups", Map.of("decay", Map.of())), "lacks the");
    refuses(optimizer, withValue(good, "surprise", 1), "surprise");
    refuses(optimizer, State.empty(), entry.name());

    assertThat(floats(optimizer.state(), key)).isEqualTo(before);
    assertThat(optimizer.state().values()).isEqualTo(good.values());
  }

  private static void refuses(Optimizer optimizer, State state, String... reasons) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> optimizer.restore(state))
        .satisfies(e -> assertThat(e.getMessage()).contains(reasons));
  }

  private static State with(State state, String key, Tensor tensor) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(state.tensors());
    if (tensor == null) {
      tensors.remove(key);
    } else {
      tensors.put(key, tensor);
    }
    return new State(tensors, state.values());
  }

  private static State withValue(State state, String key, Object value) {
    Map<String, Object> values = new LinkedHashMap<>(state.values());
    values.put(key, value);
    return new State(state.tensors(), values);
  }

  private static List<Float> floats(State state, String key) {
    Tensor flat = state.tensors().get(key).reshape(-1);
    return Stream.iterate(0L, i -> i < flat.numel(), i -> i + 1)
        .map(i -> flat.get(i).item_float())
        .toList();
  }

  @ParameterizedTest
  @MethodSource("everyOptimizer")
  void givenAnOptionThatIsWrong_whenCreated_thenTheErrorNamesItAndTheNearest(
      OptimizerEntry<?> entry) {
    Map<String, Object> defaults = entry.options();
    defaults.forEach(
        (option, value) -> {
          refusesOption(entry, option + "x", 0.5, "'" + option + "x'", "did you mean '" + option);
          refusesOption(entry, option, "high", option, "'high'");
          if (value instanceof Number) {
            refusesOption(entry, option, Double.NaN, option, "NaN");
          }
        });
  }

  private static void refusesOption(
      OptimizerEntry<?> entry, String option, Object value, String... reasons) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> entry.configure(Map.of(option, value)))
        .satisfies(e -> assertThat(e.getMessage()).contains(entry.name()).contains(reasons));
  }

  @ParameterizedTest
  @MethodSource("everyOptimizer")
  void givenARow_whenRead_thenItIsDocumentedAndItsDefaultsMakeItsConfiguration(
      OptimizerEntry<?> entry) {
    assertThat(entry.name()).matches("[a-z]+");
    assertThat(entry.summary()).isNotBlank();
    assertThat(entry.configure(Map.of())).isEqualTo(entry.defaults());
    assertThat(entry.configure(entry.options())).isEqualTo(entry.defaults());
    assertThat(entry.learningRate()).isPositive();
    assertThat(entry.weightDecay()).isNotNegative();
  }

  @ParameterizedTest
  @MethodSource("everyOptimizer")
  void givenAParameterWithoutGradient_whenStepping_thenItStaysAndCountsNoStep(
      OptimizerEntry<?> entry) {
    Problem problem = new Problem(0.1);
    Optimizer optimizer = entry.create(problem.groups, Map.of());

    problem.step(optimizer);

    assertThat(problem.weights().subList(30, 34)).containsOnly(1f);
    assertThat(optimizer.state().values().get("steps"))
        .isEqualTo(Map.of("fc.weight", 1L, "fc.bias", 1L, "idle", 0L));
  }

  @ParameterizedTest
  @MethodSource("everyOptimizer")
  void givenGradientsOfTwoBackwardPasses_whenSteppingOnce_thenTheirSumCounts(
      OptimizerEntry<?> entry) {
    Problem twice = new Problem(0.1);
    Optimizer accumulating = entry.create(twice.groups, Map.of());
    twice.backward();
    twice.backward();
    accumulating.step();
    Problem doubled = new Problem(0.1);
    Optimizer once = entry.create(doubled.groups, Map.of());
    doubled.backward();
    Scope.withoutGradient(
        () -> {
          doubled.weight.grad().add_(doubled.weight.grad().clone());
          doubled.bias.grad().add_(doubled.bias.grad().clone());
        });
    once.step();

    assertThat(twice.weights()).isEqualTo(doubled.weights());
  }

  @Test
  void givenAnUnknownName_whenCreated_thenTheErrorNamesTheNearest() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Optimizers.get("adampp"))
        .withMessageContaining("did you mean 'adamp'");
  }
}
