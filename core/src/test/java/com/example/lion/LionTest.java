package com.example.lion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import io.github.steelyard.train.TrainingContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An optimizer from outside, found by its name; its state is nobody's work. */
class LionTest {
  @Test
  void givenGradientsByHand_whenStepping_thenWeightsMoveByThePapersFormula() {
    Parameter weight = new Parameter(torch.tensor(new float[] {1, -2, 3}));
    Optimizer lion =
        Optimizers.create(
            "lion",
            List.of(new ParameterGroup("all", Map.of("w", weight), 0.1, 0.5)),
            Map.of("beta1", 0.9, "beta2", 0.5));

    step(lion, weight, 1, -1, 0);
    // w (1 - 0.1 * 0.5) - 0.1 sign(0.1 g)
    assertThat(torch.allclose(weight.tensor(), floats(0.85f, -1.8f, 2.85f))).isTrue();
    assertThat(torch.allclose(lion.state().tensors().get("w.exp_avg"), floats(0.5f, -0.5f, 0)))
        .isTrue();

    step(lion, weight, -1, -1, 2);
    // sign(0.9 m + 0.1 g) = sign(0.45 - 0.1, -0.45 - 0.1, 0.2): the momentum outvotes a gradient.
    assertThat(torch.allclose(weight.tensor(), floats(0.7075f, -1.61f, 2.6075f))).isTrue();
    assertThat(torch.allclose(lion.state().tensors().get("w.exp_avg"), floats(-0.25f, -0.75f, 1)))
        .isTrue();
    assertThat(lion.state().values()).containsEntry("optimizer", "lion");
  }

  @Test
  void givenAnInterruptedRun_whenResumed_thenItEndsInTheSameBits(@TempDir Path folder)
      throws Exception {
    Module whole = model();
    trainer(whole).run();

    Module part = model();
    try (RunDirectory directory = RunDirectory.create(folder.resolve("run"))) {
      Trainer trainer = trainer(part);
      trainer.runDirectory(directory).callback("stop", new StopAfter(trainer, 7)).run();
    }
    Module resumed = model();
    try (RunDirectory directory = RunDirectory.resume(folder.resolve("run"))) {
      Trainer trainer = trainer(resumed);
      trainer.runDirectory(directory).callback("stop", new StopAfter(trainer, 99));
      assertThat(trainer.resume()).contains(7L);
      trainer.run();
    }

    assertThat(bits(resumed)).isEqualTo(bits(whole)).isNotEqualTo(bits(part));
  }

  @Test
  void givenAMistakeInTheOptions_whenCreated_thenItIsTold() {
    List<ParameterGroup> groups = ParameterGroup.of(model(), 1e-4, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Optimizers.create("lion", groups, Map.of("beta", 0.9)))
        .withMessageContaining("did you mean 'beta1'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Optimizers.create("lion", groups, Map.of("beta2", 1.5)))
        .withMessageContaining("beta2")
        .withMessageContaining("1.5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Optimizers.create("lyon", groups, Map.of()))
        .withMessageContaining("did you mean 'lion'");
  }

  private record StopAfter(Trainer trainer, long steps) implements Callback {
    @Override
    public void afterStep(TrainingContext context) {
      if (context.step() == steps) {
        trainer.requestStop();
      }
    }
  }

  private static void step(Optimizer optimizer, Parameter weight, float... gradient) {
    optimizer.zeroGrad();
    weight.tensor().mul(floats(gradient)).sum().backward();
    optimizer.step();
  }

  private static Tensor floats(float... values) {
    return torch.tensor(values);
  }

  private static Module model() {
    Seeds.set(4);
    return Models.create(
        "mlp",
        ModelOptions.none()
            .with(o -> o.classes = 3)
            .with(o -> o.imageSize = 4)
            .with(o -> o.hidden = List.of(8)));
  }

  private static Trainer trainer(Module model) {
    return new Trainer(
        model,
        Optimizers.create("lion", ParameterGroup.of(model, 1e-3, 0.1), Map.of()),
        new ComputedBatches(5, (epoch, number) -> batch(5 * epoch + number)),
        new CrossEntropy(),
        TrainingConfiguration.ofEpochs(3).with(t -> t.seed = 2));
  }

  private static Batch batch(long number) {
    Seeds.set(number);
    return new Batch(
        torch.randn(8, 1, 4, 4), torch.randint(0, 3, new long[] {8}).to(torch.ScalarType.Long));
  }

  private static List<Float> bits(Module model) {
    List<Float> bits = new ArrayList<>();
    Scope.withoutGradient(
        () ->
            model
                .namedParameters()
                .forEach(
                    (name, parameter) -> {
                      Tensor flat = parameter.tensor().reshape(-1);
                      for (long i = 0; i < flat.numel(); i++) {
                        bits.add(flat.select(0, i).item_float());
                      }
                    }));
    return bits;
  }
}
