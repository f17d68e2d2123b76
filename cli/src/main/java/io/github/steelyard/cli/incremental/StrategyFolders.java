package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.runtime.Suggestion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where the strategies of a class-incremental run are: in a folder each, inside the run's. */
public final class StrategyFolders {
  private StrategyFolders() {}

  /** Whether a folder is that of one strategy, not of the run around it. */
  static boolean isOne(Path folder) throws IOException {
    if (!Run.isIn(folder)) {
      return false;
    }
    try (Run run = Run.open(folder)) {
      return run.kind() instanceof StrategyKind;
    }
  }

  /**
   * The folders of all strategies of a run that have learned something.
   *
   * @param folder that of the run or of one strategy
   * @throws UsageException if none has
   */
  static List<Path> all(Path folder, Recipe recipe) throws IOException {
    if (isOne(folder)) {
      return List.of(folder);
    }
    List<Path> folders = new ArrayList<>();
    for (String strategy : incremental(folder, recipe).strategies()) {
      if (isOne(folder.resolve(strategy))) {
        folders.add(folder.resolve(strategy));
      }
    }
    if (folders.isEmpty()) {
      throw new UsageException("the run in " + folder + " has not learned a step yet");
    }
    return folders;
  }

  /**
   * The folder of one strategy.
   *
   * @param folder that of the run or of the strategy
   * @param strategy its name; null if there is only one
   * @return that strategy's folder
   * @throws IOException if the recipe cannot be read
   * @throws UsageException if there is no such folder, or several without a name
   */
  public static Path one(Path folder, String strategy) throws IOException {
    List<String> known = incremental(folder, recipe(folder, List.of())).strategies();
    if (strategy != null && !known.contains(strategy)) {
      throw new UsageException(
          "the run in "
              + folder
              + " has no strategy '"
              + strategy
              + "'"
              + Suggestion.clause(strategy, known));
    }
    if (isOne(folder)) {
      return folder;
    }
    if (strategy == null && known.size() > 1) {
      throw new UsageException(
          "the run in "
              + folder
              + " compares "
              + String.join(", ", known)
              + "; name one with --strategy");
    }
    Path found = folder.resolve(strategy == null ? known.get(0) : strategy);
    if (!isOne(found)) {
      throw new UsageException("the strategy in " + found + " has not learned a step yet");
    }
    return found;
  }

  /**
   * The recipe of a run, if it is one that learns class by class.
   *
   * @param folder a strategy's
   * @param settings what is changed, such as where the data are
   * @return the recipe
   * @throws IOException if it cannot be read
   */
  public static Recipe recipe(Path folder, List<String> settings) throws IOException {
    try (Run run = Run.open(folder)) {
      if (run.recipe(settings) instanceof Recipe recipe) {
        return recipe;
      }
      return run.kind().network(run, settings); // Says what to give in its place.
    }
  }

  private static IncrementalRecipe incremental(Path folder, Recipe recipe) {
    return recipe
        .section(IncrementalRecipe.class)
        .orElseThrow(
            () ->
                new UsageException(
                    "the run in "
                        + folder
                        + " learned all classes at once; give one whose recipe has a section"
                        + " 'incremental'"));
  }
}
