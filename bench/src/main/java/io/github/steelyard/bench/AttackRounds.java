package io.github.steelyard.bench;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Split;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.robust.AdversarialConfiguration;
import io.github.steelyard.robust.AdversarialLoss;
import io.github.steelyard.robust.Apgd;
import io.github.steelyard.robust.Attack;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.robust.Pgd;
import io.github.steelyard.robust.ThreatModel;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.train.CrossEntropy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Attacks on a network that was trained for two epochs on Fashion-MNIST against one gradient step
 * of epsilon 0.1, on test images that it gets right. Weights and images are written for the peer.
 */
final class AttackRounds {
  private static final int MOST_SAMPLES = 1_000;
  private static final Map<String, Network> NETWORKS = new HashMap<>();

  private record Network(Module model, InputDomain domain, Tensor inputs, Tensor labels) {}

  private AttackRounds() {}

  /** Words: folder, network, attack, steps, epsilon, samples. */
  static Runnable of(List<String> words) throws IOException {
    String name = words.get(1);
    if (!NETWORKS.containsKey(name)) {
      NETWORKS.put(name, prepared(Path.of(words.get(0)), name));
    }
    Network network = NETWORKS.get(name);
    int steps = Integer.parseInt(words.get(3));
    Attack attack =
        words.get(2).equals("pgd") ? Pgd.of(steps) : new Apgd(Apgd.Kind.CROSS_ENTROPY, steps, 1);
    ThreatModel threat = new ThreatModel(Double.parseDouble(words.get(4)), network.domain);
    long samples = Long.parseLong(words.get(5));
    if (samples > network.labels.size(0)) {
      throw new IllegalArgumentException(
          name + " gets only " + network.labels.size(0) + " of the images right");
    }
    Batch batch =
        new Batch(
            Scope.keep(network.inputs.narrow(0, 0, samples)),
            Scope.keep(network.labels.narrow(0, 0, samples)));
    long broken =
        Scope.compute(() -> attack.run(network.model, batch, threat, 0).broken().sum().item_long());
    System.err.printf(
        "%s, epsilon %s: %s breaks %d of %d%n", name, words.get(4), attack.name(), broken, samples);
    return () -> attack.run(network.model, batch, threat, 0);
  }

  private static Network prepared(Path folder, String name) throws IOException {
    DatasetSource source = Datasets.get("fashion-mnist");
    InputDomain domain = InputDomain.of(source.evaluationPreprocessing().normalization());
    Module model = trained(source, name, domain);
    Network network;
    DataLoader test =
        new DataLoader(
            source.open(Split.TEST),
            source.evaluationPreprocessing(),
            LoaderConfiguration.evaluation(MOST_SAMPLES));
    try (BatchStream stream = test.epoch(0, 0)) {
      network = right(model, domain, stream.next());
    }
    SafeTensors.write(folder.resolve(name + ".safetensors"), model.stateDict(), Map.of());
    SafeTensors.write(
        folder.resolve(name + "-samples.safetensors"),
        Map.of("images", domain.seen(network.inputs), "labels", network.labels),
        Map.of(
            "mean", domain.mean().get(0).toString(),
            "deviation", domain.deviation().get(0).toString()));
    return network;
  }

  private static Network right(Module model, InputDomain domain, Batch batch) {
    List<Tensor> kept =
        Scope.computeWithoutGradient(
            () -> {
              Tensor logits = model.forward(batch.inputs());
              Tensor right =
                  logits
                      .argmax(new LongOptional(1), false)
                      .eq(batch.targets())
                      .nonzero()
                      .reshape(-1);
              return List.of(
                  batch.inputs().index_select(0, right), batch.targets().index_select(0, right));
            });
    return new Network(model, domain, Scope.keep(kept.get(0)), Scope.keep(kept.get(1)));
  }

  private static Module trained(DatasetSource source, String name, InputDomain domain)
      throws IOException {
    Seeds.set(0);
    Module model = Models.create(name, ModelOptions.none());
    Optimizer optimizer =
        Optimizers.create("adamw", ParameterGroup.of(model, 2e-3, 0.01), Map.of());
    AdversarialLoss loss =
        new AdversarialLoss(
            new AdversarialConfiguration(AdversarialConfiguration.Kind.PGD, 0.1, 0.1, 1, 1),
            domain,
            new CrossEntropy());
    DataLoader loader =
        new DataLoader(
            source.open(Split.TRAIN),
            source.evaluationPreprocessing(),
            LoaderConfiguration.training(128, 0));
    for (int epoch = 0; epoch < 2; epoch++) {
      try (BatchStream batches = loader.epoch(epoch, 0)) {
        while (batches.hasNext()) {
          Scope.run(
              () -> {
                optimizer.zeroGrad();
                loss.compute(model, batches.next()).loss().backward();
                optimizer.step();
              });
        }
      }
    }
    model.eval();
    return model;
  }
}
