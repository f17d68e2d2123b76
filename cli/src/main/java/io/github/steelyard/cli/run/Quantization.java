package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.PruningRecipe;
import io.github.steelyard.cli.recipe.QuantizationRecipe;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.ConfidenceGuidedAnnealing;
import io.github.steelyard.quant.IterativeFreezing;
import io.github.steelyard.quant.OscillationTracking;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Trainer;
import java.io.IOException;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The parts of a training that quantize its model. */
public final class Quantization {
  private final QuantizationRecipe recipe;
  private final Module fullPrecision;
  private final Module prepared;
  private final Optional<OscillationTracking> oscillation;

  /**
   * Loads the full-precision model twice, as it is and prepared for quantization-aware training.
   *
   * @param recipe how to quantize
   * @param model which model, fitting the data
   * @param below what lies on weights below masks and quantizers
   * @param pruning how the model was pruned, whose zeros stay; empty for not at all
   * @param weights what to start from
   * @param data the training data, whose first samples give the activations' scales
   * @throws IOException if weights or data cannot be read
   * @throws UsageException if the model cannot be quantized so
   */
  Quantization(
      QuantizationRecipe recipe,
      ModelRecipe model,
      RecipeWeights below,
      Optional<PruningRecipe> pruning,
      FullPrecision weights,
      DataLoader data,
      Device device)
      throws IOException {
    this.recipe = recipe;
    fullPrecision = load(model, weights, device);
    Module base = below.prepare(load(model, weights, device));
    pruning.ifPresent(own -> Pruning.apply(own, base));
    prepared =
        Scope.compute(
            () -> {
              Tensor sample = calibration(data, recipe.calibrationSamples(), device);
              return UsageException.unless(
                  () -> new PrepareQuantization(recipe.configuration(), sample).apply(base));
            });
    oscillation = recipe.oscillation().map(OscillationTracking::new);
  }

  /** Gives a model the places of quantizers, for a look at what would be quantized. */
  public static PrepareQuantization places(QuantizationRecipe recipe) {
    return PrepareQuantization.withoutSample(recipe.configuration());
  }

  private static Module load(ModelRecipe model, FullPrecision weights, Device device)
      throws IOException {
    Module loaded = RecipeModel.create(new ModelRecipe(model.name(), model.options(), null));
    weights.load(loaded);
    loaded.to(device);
    return loaded;
  }

  /** The first training samples, as training will see them. */
  private static Tensor calibration(DataLoader data, int samples, Device device) {
    TensorVector batches = new TensorVector();
    long found = 0;
    try (BatchStream stream = data.epoch(0, 0)) {
      while (found < samples && stream.hasNext()) {
        Tensor inputs = stream.next().inputs();
        batches.push_back(inputs);
        found += inputs.size(0);
      }
    }
    return torch
        .cat(batches, 0)
        .narrow(0, 0, Math.min(found, samples))
        .to(device.torch(), ScalarType.Float);
  }

  /** Adds what acts on quantized weights; before callbacks that watch weights. */
  void addActing(Trainer trainer) {
    recipe
        .annealing()
        .ifPresent(own -> trainer.callback("annealing", new ConfidenceGuidedAnnealing(own)));
    recipe.freezing().ifPresent(own -> trainer.callback("freezing", new IterativeFreezing(own)));
  }

  /** Adds what watches quantized weights. */
  void addWatching(Trainer trainer) {
    oscillation.ifPresent(own -> trainer.callback("oscillation", own));
  }

  /** The model as it was before. */
  Module fullPrecision() {
    return fullPrecision;
  }

  /** The model to train. */
  Module prepared() {
    return prepared;
  }

  /** What the integers did, if the recipe records it. */
  Optional<OscillationTracking> oscillation() {
    return oscillation;
  }
}
