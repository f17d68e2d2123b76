package io.github.steelyard.cli.life;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.explain.ExplainRecipe;
import io.github.steelyard.cli.incremental.StrategyKind;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.cli.run.AnalysisKind;
import io.github.steelyard.cli.run.AnalysisRecipe;
import io.github.steelyard.cli.run.RecipeData;
import io.github.steelyard.cli.run.RecipeModel;
import io.github.steelyard.cli.run.RunKind;
import io.github.steelyard.cli.run.RunModel;
import io.github.steelyard.cli.run.TrainingKind;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One stage of a network's life.
 *
 * @param number its place in the life, from 1
 * @param kind what happens
 * @param recipe what a single command would need to do it; empty for stages that only look
 * @param explain how to explain; empty unless the stage explains
 * @param formats what to write; empty unless the stage exports
 */
public record LifeStage(
    int number,
    Kind kind,
    Optional<Recipe> recipe,
    Optional<ExplainRecipe> explain,
    List<String> formats) {

  /** What can happen to a network. */
  enum Kind {
    /** It is trained from random weights, or from those of a file. */
    TRAIN,
    /** It is made robust and sparse. */
    PRUNE,
    /** It gets weights and activations of few bits. */
    QUANTIZE,
    /** It learns further classes. */
    EXTEND,
    /** It is looked into. */
    EXPLAIN,
    /** It is written to files for other programs. */
    EXPORT;

    /**
     * As recipes write it.
     *
     * @return such as {@code train}
     */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Whether it changes the network.
     *
     * @return false for stages that only look
     */
    public boolean changesNetwork() {
      return this != EXPLAIN && this != EXPORT;
    }
  }

  /**
   * Copies the list.
   *
   * @param number its place in the life, from 1
   * @param kind what happens
   * @param recipe what a single command would need
   * @param explain how to explain
   * @param formats what to write
   */
  public LifeStage {
    formats = List.copyOf(formats);
  }

  /** Whether it only looks at the network. */
  boolean isAnalysis() {
    return !kind.changesNetwork();
  }

  /** What kind of run changes the network. */
  RunKind<Recipe> runKind() {
    return kind == Kind.EXTEND ? new StrategyKind() : new TrainingKind();
  }

  /** The recipe of a stage that only looks, at some network. */
  AnalysisRecipe analysis(Path network, List<String> where) throws IOException {
    ObjectNode root = Mapping.MAPPER.createObjectNode();
    root.put("name", folder()).put("from", network.toString());
    if (kind == Kind.EXPLAIN) {
      root.set(kind.key(), Mapping.MAPPER.valueToTree(explain.orElseThrow()));
    } else {
      root.putObject(kind.key()).set("formats", Mapping.MAPPER.valueToTree(formats));
    }
    return new AnalysisKind()
        .read(YamlDocument.of(folder(), root), folder(), false, List.of(), where);
  }

  /**
   * Finds out before anything runs what the recipe alone does not tell.
   *
   * @throws IOException if data cannot be read
   * @throws UsageException if the stage does not fit the data or the machine
   */
  void check(Session session) throws IOException {
    if (recipe.isEmpty()) {
      return;
    }
    Recipe own = recipe.get();
    UsageException.unless(() -> Device.of(own.device()));
    if (kind == Kind.EXTEND) {
      runKind().prepare(own, Path.of(folder()), session);
      return;
    }
    DataLoader test = new RecipeData(own).test();
    ModelRecipe fitted = RecipeModel.fitted(own.model(), test);
    Module model = RecipeModel.create(new ModelRecipe(fitted.name(), fitted.options(), null));
    RunModel.prepared(own, model, Map.of());
  }

  /**
   * The folder's name.
   *
   * @return such as {@code 2-prune}
   */
  String folder() {
    return number + "-" + kind.key();
  }
}
