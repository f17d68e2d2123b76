package io.github.steelyard.incremental;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.State;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.InterruptionAfter;
import io.github.steelyard.train.Loss;
import io.github.steelyard.train.LossValue;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptStateTest {
  private static final String WEIGHT = "fc1.weight";

  @TempDir Path folder;

  /**
   * Elastic weight consolidation (Kirkpatrick et al., PNAS 2017): L = CE + lambda / 2 sum_i F_i
   * (theta_i - theta*_i)^2 with the squared gradients of the step before for F. The last layer
   * grows and is left free.
   */
  record Elastic(double lambda) implements Strategy.Objective {
    @Override
    public Loss loss(StepContext step) {
      Map<String, Tensor> kept = step.kept().tensors();
      return new Loss() {
        @Override
        public LossValue compute(Module model, Batch batch) {
          LossValue plain = new CrossEntropy().compute(model, batch);
          Tensor sum = plain.loss();
          for (Map.Entry<String, Parameter> entry : body(model).entrySet()) {
            Tensor importance = kept.get("fisher." + entry.getKey());
            if (importance != null) {
              Tensor moved = entry.getValue().value().sub(kept.get("mean." + entry.getKey()));
              sum = sum.add(moved.square().mul(importance).sum().mul(new Scalar(lambda / 2)));
            }
          }
          return new LossValue(sum, plain.logits());
        }
      };
    }

    @Override
    public State keep(Outputs trained, StepContext step) {
      Map<String, Tensor> kept = new LinkedHashMap<>();
      Module model = trained.model();
      EvaluationMode.compute(
          model,
          () -> {
            try (BatchStream batches = trained.loader(step.training()).epoch(0, 0)) {
              while (batches.hasNext()) {
                body(model).values().forEach(p -> p.tensor().mutable_grad().reset());
                new CrossEntropy().compute(model, batches.next()).loss().backward();
                body(model)
                    .forEach(
                        (name, parameter) ->
                            kept.merge(
                                "fisher." + name, parameter.tensor().grad().square(), Tensor::add));
              }
            }
            return model;
          });
      body(model).forEach((name, parameter) -> kept.put("mean." + name, parameter.tensor()));
      return new State(kept, Map.of("classes", step.classes().size()));
    }

    private static Map<String, Parameter> body(Module model) {
      Map<String, Parameter> body = new LinkedHashMap<>(model.namedParameters());
      body.keySet().removeIf(name -> name.startsWith("head"));
      return body;
    }
  }

  private static Strategy elastic(double lambda) {
    return new Strategy(
        "elastic",
        "",
        "",
        TrainingSamples.NEW,
        new Elastic(lambda),
        Restrictions.NONE,
        Corrections.NONE,
        ReadOuts.SOFTMAX);
  }

  private static double movedInTheSecondStep(double lambda) throws IOException {
    IncrementalLearner learner = TinyStream.learner(elastic(lambda));
    List<List<String>> steps = TinyStream.unequal().steps();
    learner.learn(TinyStream.stream(), steps.get(0));
    Tensor first = TinyStream.copy(learner.model()).get(WEIGHT);
    learner.learn(TinyStream.stream(), steps.get(1));
    return Scope.computeWithoutGradient(
        () -> learner.model().stateDict().get(WEIGHT).sub(first).norm().item_double());
  }

  @Test
  void givenALossThatKeepsImportances_whenANewStepIsLearned_thenItHoldsTheWeights()
      throws IOException {
    assertThat(movedInTheSecondStep(1000)).isLessThan(0.5 * movedInTheSecondStep(0));
  }

  @Test
  void givenALossThatKeepsImportances_whenInterruptedInsideAStep_thenItEndsAsWithoutInterruption()
      throws Exception {
    Strategy strategy = elastic(100);
    IncrementalLearner whole = TinyStream.learner(strategy);
    whole.run(TinyStream.stream(), TinyStream.unequal());
    Path run = folder.resolve("run");
    try (RunDirectory directory = RunDirectory.create(run)) {
      IncrementalLearner first = TinyStream.learner(strategy).runDirectory(directory);
      first.setup(
          (trainer, classes, test) ->
              trainer.callback(
                  "stop",
                  new InterruptionAfter(classes.steps() == 2 ? 4 : -1, first::requestStop)));
      assertThat(first.run(TinyStream.stream(), TinyStream.unequal()).steps()).hasSize(1);
    }
    try (RunDirectory directory = RunDirectory.resume(run)) {
      IncrementalLearner second = TinyStream.learner(strategy).runDirectory(directory);
      assertThat(second.resume()).isEqualTo(1);
      second.run(TinyStream.stream(), TinyStream.unequal());

      assertThat(TinyStream.same(whole.model().stateDict(), second.model().stateDict())).isTrue();
      Map<String, Tensor> kept = second.state().tensors();
      assertThat(kept).containsKeys("kept.fisher." + WEIGHT, "kept.mean." + WEIGHT);
      assertThat(second.state().values()).containsEntry("kept", Map.of("classes", 6));
      assertThat(
              torch.equal(kept.get("kept.mean." + WEIGHT), second.model().stateDict().get(WEIGHT)))
          .isTrue();
    }
  }
}
