package io.github.steelyard.cli;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.compander.CompandWeights;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Checkpoint;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The model of a run, with the weights of one of its checkpoints. */
final class RunModel {
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private RunModel() {}

  /**
   * Checks that a folder holds a run.
   *
   * @throws UsageException if it does not
   */
  static void requireRun(Path folder) {
    if (!Files.isRegularFile(folder.resolve("recipe.yaml"))) {
      throw new UsageException("there is no run in " + folder + ": it has no recipe.yaml");
    }
  }

  /**
   * Finds a checkpoint. Of a run that pruned it is always the newest, as the best one may be from
   * before; one that quantizes is pruned before its first step.
   *
   * @param recipe the run's recipe
   * @param newest whether the newest is wanted, not the best
   * @throws IOException if there is none
   */
  static Path checkpoint(RunDirectory run, Recipe recipe, boolean newest) throws IOException {
    boolean last = newest || (recipe.pruning().isPresent() && recipe.quantization().isEmpty());
    return (last ? run.newestCheckpoint() : run.bestCheckpoint())
        .orElseThrow(
            () ->
                new IOException(
                    "the run in "
                        + run.path()
                        + " has no "
                        + (last ? "" : "best ")
                        + "checkpoint yet"
                        + (last ? "" : "; --last takes the newest one")));
  }

  /**
   * Makes the model of a checkpoint; one that is companded or quantized is prepared as for
   * training.
   *
   * @param recipe the run's recipe, resolved
   * @throws IOException if the checkpoint cannot be read or is of another configuration
   */
  static Module load(Recipe recipe, Path checkpoint) throws IOException {
    Module base =
        RecipeModel.create(new ModelRecipe(recipe.model().name(), recipe.model().options(), null));
    recipe
        .compander()
        .ifPresent(
            own -> UsageException.unless(() -> CompandWeights.forStateDict(own).apply(base)));
    if (recipe.pruning().isPresent()) {
      Map<String, Tensor> state = Checkpoint.readSection(checkpoint, "model").tensors();
      Pruning.fit(recipe.pruning().get(), base, state);
    }
    Module model =
        recipe
            .quantization()
            .map(
                own ->
                    UsageException.unless(
                        () -> PrepareQuantization.withoutSample(own.configuration()).apply(base)))
            .orElse(base);
    loadInto(model, checkpoint);
    return model;
  }

  /**
   * Copies a checkpoint's weights into a model.
   *
   * @throws IOException if it cannot be read or is of another configuration
   */
  static void loadInto(Module model, Path checkpoint) throws IOException {
    try {
      Scope.run(
          () -> {
            Map<String, Tensor> state = section(checkpoint);
            PrepareQuantization.allocate(model, state);
            model.loadStateDict(state);
          });
    } catch (IllegalArgumentException e) {
      throw new IOException(
          checkpoint
              + " was made with another configuration than its run's recipe.yaml says: "
              + e.getMessage(),
          e);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static Map<String, Tensor> section(Path file) {
    try {
      return Checkpoint.readSection(file, "model").tensors();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where the weights of a checkpoint come from. */
  static Provenance provenance(Path checkpoint) throws IOException {
    try {
      return JSON.convertValue(Checkpoint.readProvenance(checkpoint), Provenance.class);
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(checkpoint, "its provenance is damaged", e);
    }
  }
}
