package io.github.steelyard.cli.run;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.cli.console.PathSuggestion;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.incremental.IncrementalRun;
import io.github.steelyard.cli.incremental.StrategyFolders;
import io.github.steelyard.cli.life.LifeRun;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.PruningRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.incremental.ClassifierFile;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Checkpoint;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/** The model of a run, with the weights of one of its checkpoints. */
public final class RunModel {
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  private RunModel() {}

  /**
   * Checks that a folder holds one run, not several.
   *
   * @throws UsageException if it does not
   */
  public static void requireRun(Path folder) {
    if (isRun(folder)) {
      refuseLife(folder);
      return;
    }
    if (Files.isRegularFile(folder)) {
      throw new UsageException(folder + " is a file; give the folder of a run");
    }
    throw new UsageException(
        Files.exists(folder)
            ? "there is no run in " + folder + ": it has no recipe.yaml"
            : "there is no run "
                + folder
                + PathSuggestion.clause(folder, Path.of("runs"), RunModel::isRun));
  }

  private static void refuseLife(Path folder) {
    List<Path> stages = LifeRun.stages(folder).stream().filter(RunModel::isRun).toList();
    if (!stages.isEmpty()) {
      throw new UsageException(
          folder
              + " holds a network's whole life; give the folder of one of its stages: "
              + stages.stream().map(Path::toString).collect(Collectors.joining(", ")));
    }
  }

  /** Whether a folder holds a run, finished or not. */
  public static boolean isRun(Path folder) {
    return Files.isRegularFile(folder.resolve("recipe.yaml"));
  }

  /**
   * The recipe of a run's model. That of a strategy which learned classes step by step is as if it
   * had learned them at once.
   *
   * @param settings what is changed in it, such as where the data are
   * @throws IOException if it cannot be read
   * @throws UsageException if the run compares strategies, or has classes of several data sets
   */
  public static Recipe recipe(RunDirectory run, List<String> settings) throws IOException {
    Recipe recipe = Recipe.read(run.recipe(), false, settings);
    if (recipe.incremental().isEmpty()) {
      return recipe;
    }
    if (!StrategyFolders.isOne(run.path())) {
      throw new UsageException(
          "the run in "
              + run.path()
              + " learned class by class; give the folder of one of its strategies, such as "
              + run.path().resolve(recipe.incremental().get().strategies().get(0)));
    }
    if (recipe.incremental().get().extensions().stream()
        .anyMatch(extension -> extension.dataset() != null)) {
      throw new UsageException(
          "the run in "
              + run.path()
              + " was extended by classes of another data set; of such a run only steelyard evaluate"
              + " measures all classes");
    }
    return recipe.allAtOnce(ClassifierFile.classes(IncrementalRun.classifier(run)).classes());
  }

  /**
   * Finds a checkpoint. Of a run that pruned it is always the newest, as the best one may be from
   * before; one that quantizes is pruned before its first step. Of a run that learned class by
   * class it is the classifier after its last step.
   *
   * @param recipe the run's recipe
   * @param newest whether the newest is wanted, not the best
   * @throws IOException if there is none
   */
  public static Path checkpoint(RunDirectory run, Recipe recipe, boolean newest)
      throws IOException {
    if (StrategyFolders.isOne(run.path())) {
      return IncrementalRun.classifier(run);
    }
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
  public static Module load(Recipe recipe, Path checkpoint) throws IOException {
    Module base =
        RecipeModel.create(new ModelRecipe(recipe.model().name(), recipe.model().options(), null));
    Map<String, Tensor> state =
        recipe.pruning().flatMap(PruningRecipe::filters).isPresent() ? state(checkpoint) : Map.of();
    Module model = prepared(recipe, base, state);
    loadInto(model, checkpoint);
    return model;
  }

  /**
   * Gives a model the places for what a recipe puts on its weights.
   *
   * @param state the weights that will be loaded, whose sizes count where filters were removed
   */
  public static Module prepared(Recipe recipe, Module plain, Map<String, Tensor> state) {
    Module base = new RecipeWeights(recipe).places(plain);
    recipe.pruning().ifPresent(own -> Pruning.fit(own, base, state));
    return recipe
        .quantization()
        .map(
            own ->
                UsageException.unless(
                    () -> PrepareQuantization.withoutSample(own.configuration()).apply(base)))
        .orElse(base);
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
      return Checkpoint.readPart(file, Checkpoint.scoredPart(file)).tensors();
    }
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      return open.readAll();
    }
  }

  /**
   * Where the weights of a checkpoint come from, as a file says that holds them alone: with the
   * recipe of its model, by which it can be measured.
   */
  public static Provenance provenance(Path checkpoint, Recipe recipe) throws IOException {
    Provenance made = provenance(checkpoint);
    return made.configuration().containsKey("incremental")
        ? new Provenance(
            made.steelyard(),
            made.engine(),
            made.seed(),
            made.data(),
            recipe.toMap(),
            made.command(),
            made.created())
        : made;
  }

  /** Where the weights of a checkpoint come from. */
  public static Provenance provenance(Path checkpoint) throws IOException {
    try {
      return JSON.convertValue(Checkpoint.readProvenance(checkpoint), Provenance.class);
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(checkpoint, "its provenance is damaged", e);
    }
  }
}
