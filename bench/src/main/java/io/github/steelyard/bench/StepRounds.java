package io.github.steelyard.bench;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Training steps of a network on one random batch, and steps of an optimizer alone. */
final class StepRounds {
  private StepRounds() {}

  /**
   * Forward, cross entropy, backward and SGD. Words: network, batch, channels, size, steps, Java
   * threads, each of which trains a network of its own.
   */
  static Runnable step(List<String> words) {
    int steps = Integer.parseInt(words.get(4));
    List<Runnable> trainers = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(words.get(5)); i++) {
      trainers.add(trainer(words));
    }
    if (trainers.size() == 1) {
      return () -> repeat(trainers.get(0), steps);
    }
    return () -> {
      List<Thread> threads = new ArrayList<>();
      for (Runnable trainer : trainers) {
        threads.add(new Thread(() -> repeat(trainer, steps)));
      }
      threads.forEach(Thread::start);
      threads.forEach(StepRounds::join);
    };
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void repeat(Runnable step, int times) {
    for (int i = 0; i < times; i++) {
      Scope.run(step::run);
    }
  }

  private static Runnable trainer(List<String> words) {
    long batch = Long.parseLong(words.get(1));
    int channels = Integer.parseInt(words.get(2));
    long size = Long.parseLong(words.get(3));
    Seeds.set(1);
    ModelOptions options = ModelOptions.none();
    if (!words.get(0).equals("mlp")) {
      options = options.with(o -> o.classes = 10).with(o -> o.inputChannels = channels);
    }
    Module model = Models.create(words.get(0), options);
    Tensor images = Scope.keep(torch.randn(batch, channels, size, size));
    Tensor labels = Scope.keep(torch.randint(10, new long[] {batch}));
    Optimizer optimizer = Optimizers.create("sgd", ParameterGroup.of(model, 1e-5, 0), Map.of());
    List<Parameter> parameters = List.copyOf(model.namedParameters().values());
    return () -> {
      parameters.forEach(parameter -> parameter.tensor().mutable_grad().reset());
      torch.cross_entropy_loss(model.forward(images), labels).backward();
      optimizer.step();
    };
  }

  /** Words: optimizer, network, steps. Gradients are random, so that nothing is projected. */
  static Runnable optimizer(List<String> words) {
    Map<String, Parameter> parameters =
        Models.create(words.get(1), ModelOptions.none()).namedParameters();
    parameters
        .values()
        .forEach(
            parameter ->
                Scope.run(
                    () -> {
                      Tensor random = torch.randn_like(parameter.tensor().detach());
                      Tensor small = random.mul(new Scalar(1e-3));
                      parameter.tensor().mutable_grad().put(Scope.keep(small));
                    }));
    String name = words.get(0);
    Map<String, Object> coefficients = name.startsWith("sgd") ? Map.of("momentum", 0.9) : Map.of();
    Optimizer optimizer =
        Optimizers.create(
            name,
            List.of(
                new ParameterGroup(
                    "all", parameters, OptimizerSpeed.LEARNING_RATE, OptimizerSpeed.WEIGHT_DECAY)),
            coefficients);
    int steps = Integer.parseInt(words.get(2));
    return () -> repeat(optimizer::step, steps);
  }
}
