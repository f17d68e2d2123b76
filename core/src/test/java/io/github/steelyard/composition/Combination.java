package io.github.steelyard.composition;

import io.github.steelyard.nn.Module;
import io.github.steelyard.optim.AdamW;
import io.github.steelyard.optim.AdamWConfiguration;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.CrossEntropy;
import io.github.steelyard.train.InterruptionAfter;
import io.github.steelyard.train.Loss;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.Trainer;
import io.github.steelyard.train.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Methods that act on one network. */
record Combination(Network network, List<Part> parts) {
  /** Three epochs of two steps. */
  private static final int BATCHES = 2;

  private static final int STOP = 3;

  Combination(Network network, List<Part> parts) {
    this.network = network;
    this.parts = parts.stream().sorted().toList();
  }

  /** What takes part in one training. */
  record Training(Module model, Optimizer optimizer, Trainer trainer) {}

  /** A new model with all methods on it. */
  Module model() {
    return prepared(network.create(Network.CLASSES));
  }

  /** Puts the methods on a model. */
  Module prepared(Module plain) {
    Module model = plain;
    for (Part part : parts) {
      model = part.prepare(model, network);
    }
    return model;
  }

  Optimizer optimizer(Module model) {
    return parts.stream()
        .flatMap(part -> part.optimizer(model).stream())
        .findFirst()
        .orElseGet(
            () -> new AdamW(ParameterGroup.of(model, 0.01, 0.01), AdamWConfiguration.defaults()));
  }

  private Training training(RunDirectory run) {
    Module model = model();
    Optimizer optimizer = optimizer(model);
    Loss loss =
        parts.stream().flatMap(part -> part.loss().stream()).findFirst().orElse(new CrossEntropy());
    Trainer trainer =
        new Trainer(
                model,
                optimizer,
                Network.batches(BATCHES),
                loss,
                TrainingConfiguration.ofEpochs(3).with(t -> t.seed = 5).with(t -> t.logEvery = 1))
            .runDirectory(run);
    parts.forEach(part -> part.add(trainer, network));
    return new Training(model, optimizer, trainer);
  }

  /** Trains without interruption. */
  Training trained(Path folder) throws IOException {
    try (RunDirectory run = RunDirectory.create(folder)) {
      Training training = training(run);
      training.trainer().run();
      return training;
    }
  }

  /**
   * Trains, stops within an epoch, and goes on with everything made anew, as a new process does.
   */
  Training resumed(Path folder) throws IOException {
    try (RunDirectory run = RunDirectory.create(folder)) {
      Trainer trainer = training(run).trainer();
      trainer.callback("stop", new InterruptionAfter(STOP, trainer::requestStop)).run();
    }
    try (RunDirectory run = RunDirectory.resume(folder)) {
      Training training = training(run);
      training.trainer().callback("stop", new Callback() {});
      if (training.trainer().resume().orElseThrow() != STOP) {
        throw new IllegalStateException("the run was not stopped where it should be");
      }
      training.trainer().run();
      return training;
    }
  }

  /** Takes all methods off: the model that is shipped. */
  Module finished(Module trained) {
    Module model = trained;
    for (Part part : parts) {
      model = part.finish(model);
    }
    return model;
  }

  Optional<QuantizationConfiguration> quantization() {
    return parts.stream().flatMap(part -> part.quantization().stream()).findFirst();
  }

  @Override
  public String toString() {
    return network + " " + parts;
  }
}
