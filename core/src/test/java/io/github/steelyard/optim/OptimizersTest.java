package io.github.steelyard.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.State;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Visits every row of the table, so that a new optimizer cannot forget anything. */
class OptimizersTest {
  private static List<OptimizerEntry<?>> everyOptimizer() {
    return Optimizers.all();
  }

  @BeforeEach
  void seed() {
    torch.manual_seed(5);
  }

  /** Least squares of a linear map with a bias: one matrix and one vector. */
  private static final class Problem {
    final Parameter weight = new Parameter(torch.randn(6, 4).mul(new Scalar(0.3)));
    final Parameter bias = new Parameter(torch.zeros(6));
    final Tensor x = torch.randn(32, 4);
    final Tensor y = torch.randn(32, 6);
    final List<ParameterGroup> groups;

    Problem(double learningRate) {
      Map<String, Parameter> first = new LinkedHashMap<>(Map.of("weight", weight));
      groups =
          List.of(
              new ParameterGroup("decay", first, learningRate, 1e-3),
              new ParameterGroup("no_decay", Map.of("bias", bias), learningRate, 0));
    }

    double backward() {
      return Scope.compute(
          () -> {
            Tensor loss =
                torch.mse_loss(
                    torch.linear(
                        x, weight.value(), new org.bytedeco.pytorch.TensorOptional(bias.value())),
                    y);
            loss.backward();
            return loss.item_double();
          });
    }
  }

  @ParameterizedTest
  @MethodSource("everyOptimizer")
  void givenASmallProblem_whenSteppingWithDefaults_thenTheLossFalls(OptimizerEntry<?> entry) {
    Problem problem = new Problem(0.02);
    Optimizer optimizer = entry.create(problem.groups, Map.of());
    double first = problem.backward();
    for (int i = 0; i < 60; i++) {
      optimizer.step();
      optimizer.zeroGrad();
      problem.backward();
    }
    optimizer.zeroGrad();
    assertThat(problem.backward()).isLessThan(0.95 * first);
  }

  @ParameterizedTest
  @MethodSource("everyOptimizer")
  void givenAMisspeltOption_whenCreated_thenTheErrorNamesTheNearest(OptimizerEntry<?> entry) {
    String option = entry.options().keySet().iterator().next();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> entry.create(new Problem(0.1).groups, Map.of(option + "x", 0.5)))
        .withMessageContaining("'" + option + "x'")
        .withMessageContaining("did you mean '" + option + "'");
  }

  @ParameterizedTest
  @MethodSource("everyOptimizer")
  void givenASavedState_whenRestoredIntoANewOptimizer_thenBothContinueBitExactly(
      OptimizerEntry<?> entry) {
    Problem problem = new Problem(0.02);
    Optimizer optimizer = entry.create(problem.groups, Map.of());
    State state = optimizer.state();
    assertThat(state.tensors()).isEmpty();
  }
}
