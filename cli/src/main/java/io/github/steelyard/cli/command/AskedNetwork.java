package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.PathSuggestion;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.incremental.IncrementalRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunClassifier;
import io.github.steelyard.predict.Classifier;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The classifier of a run or a file that a person names. */
record AskedNetwork(Path path, List<String> settings, boolean last, PrintWriter err) {
  Classifier classifier() throws IOException {
    if (Files.isRegularFile(path)) {
      if (last || !settings.isEmpty()) {
        throw new UsageException(
            "--last, --data and --device belong to a run, but " + path + " is a file");
      }
      return Classifier.open(path);
    }
    if (!Files.exists(path)) {
      throw new UsageException(
          "there is no run or file "
              + path
              + PathSuggestion.clause(path, Path.of("runs"), Run::isIn));
    }
    try (Run run = Run.open(path)) {
      if (run.recipe(settings) instanceof Recipe recipe
          && recipe.section(IncrementalRecipe.class).isPresent()) {
        throw new UsageException(
            path
                + " holds a network whose classes grow, which is measured by steelyard evaluate;"
                + " predict asks runs of one training");
      }
      return RunClassifier.of(run, settings, last, err);
    }
  }
}
