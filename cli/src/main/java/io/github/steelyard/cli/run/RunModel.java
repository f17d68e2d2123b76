package io.github.steelyard.cli.run;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.Section;
import io.github.steelyard.incremental.ClassifierFile;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** The model of a run, with the weights of one of its checkpoints. */
public final class RunModel {
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private RunModel() {}

  /**
   * Makes the model of a checkpoint; one that is companded or quantized is prepared as for
   * training.
   *
   * @param recipe the run's recipe, resolved
   * @param checkpoint the file with its weights
   * @return the model, in the processor's memory
   * @throws IOException if the checkpoint cannot be read or is of another configuration
   */
  public static Module load(Recipe recipe, Path checkpoint) throws IOException {
    Module base =
        RecipeModel.create(new ModelRecipe(recipe.model().name(), recipe.model().options(), null));
    Module model = prepared(recipe, base, state(checkpoint));
    loadInto(model, checkpoint);
    return model;
  }

  /**
   * Gives a model the places for what a recipe puts on its weights.
   *
   * @param recipe how it was made
   * @param plain the model as its register makes it
   * @param state the weights that will be loaded, whose sizes count where channels were removed;
   *     may be empty
   * @return the model with places for these weights
   */
  public static Module prepared(Recipe recipe, Module plain, Map<String, Tensor> state) {
    return UsageException.unless(
        () -> {
          ChannelRemoval.fit(plain, state); // It may have lost channels.
          Module prepared = plain;
          for (Section<?> section : recipe.sections()) {
            prepared = restored(section, prepared, state);
          }
          return prepared;
        });
  }

  private static <C> Module restored(Section<C> section, Module model, Map<String, Tensor> state) {
    return section.kind().restore(section.configuration(), model, state);
  }

  /**
   * Copies a checkpoint's weights into a model.
   *
   * @throws IOException if it cannot be read or is of another configuration
   */
  static void loadInto(Module model, Path checkpoint) throws IOException {
    try {
      Scope.run(() -> model.loadStateDict(state(checkpoint)));
    } catch (IllegalArgumentException e) {
      throw new IOException(
          checkpoint
              + " was made with another configuration than its run's recipe.yaml says: "
              + e.getMessage(),
          e);
    }
  }

  /**
   * The weights of a checkpoint or a classifier.
   *
   * @throws IOException if it cannot be read
   */
  static Map<String, Tensor> state(Path file) throws IOException {
    if (!ClassifierFile.isClassifier(file)) {
      return Checkpoint.readScored(file);
    }
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      return open.readAll();
    }
  }

  /**
   * Where the weights of a checkpoint come from, as a file says that holds them alone: with the
   * recipe of its model, by which it can be measured.
   */
  static Provenance provenance(Path checkpoint, Recipe recipe) throws IOException {
    Provenance made = provenance(checkpoint);
    Set<String> others = new LinkedHashSet<>(made.configuration().keySet());
    others.removeAll(recipe.toMap().keySet());
    others.remove("from"); // A run that keeps a copy of its start need not name it again.
    if (others.isEmpty()) {
      return made;
    }
    return new Provenance(
        made.steelyard(),
        made.engine(),
        made.seed(),
        made.data(),
        recipe.toMap(),
        made.command(),
        made.created());
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
