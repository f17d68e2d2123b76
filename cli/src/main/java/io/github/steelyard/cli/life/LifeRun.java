package io.github.steelyard.cli.life;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.incremental.IncrementalStudy;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.run.Pruning;
import io.github.steelyard.cli.run.Quantization;
import io.github.steelyard.cli.run.RecipeData;
import io.github.steelyard.cli.run.RecipeModel;
import io.github.steelyard.cli.run.RunOptions;
import io.github.steelyard.cli.run.RunResults;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A network's whole life in a folder: a folder for each stage, a table and a report over all. */
public final class LifeRun {
  private static final String STAGES = "stages";
  private static final String STAGE_FOLDER = "\\d{1,4}-[a-z]+";

  private final LifeRecipe life;
  private final RunDirectory folder;
  private final Output output;
  private final List<StageRow> rows = new ArrayList<>();
  private final Map<Integer, StageRun> runs = new LinkedHashMap<>();

  private LifeRun(LifeRecipe life, RunDirectory folder, Output output) throws IOException {
    this.life = life;
    this.folder = folder;
    this.output = output;
    for (JsonNode row : Output.JSON.<JsonNode>valueToTree(RunResults.read(folder)).path(STAGES)) {
      rows.add(Output.JSON.treeToValue(row, StageRow.class));
    }
  }

  /**
   * Lives a life, or what is left of it, and reports it.
   *
   * @return the command's exit code
   * @throws IOException if files cannot be read or written
   * @throws UsageException if the life does not fit the data, the machine or what the folder holds
   */
  public static int run(LifeRecipe life, RunOptions runs, Output output) throws IOException {
    Path target = runs.target(life.name());
    check(life);
    try (RunDirectory folder = runs.open(target)) {
      if (!runs.isResume()) {
        removeStages(target);
      }
      runs.keepRecipe(folder, life);
      LifeRun run = new LifeRun(life, folder, output);
      boolean isFinished = run.live();
      run.report(isFinished);
      if (!isFinished) {
        output.err().println("stopped; continue with: " + RunOptions.continuation("life", folder));
        return 1;
      }
      return 0;
    }
  }

  /** Finds out before anything runs what the recipe alone does not tell. */
  private static void check(LifeRecipe life) throws IOException {
    for (LifeStage stage : life.stages()) {
      if (stage.recipe().isPresent()) {
        check(stage.recipe().get());
      }
    }
  }

  private static void check(Recipe recipe) throws IOException {
    UsageException.unless(() -> Device.of(recipe.device()));
    if (recipe.incremental().isPresent()) {
      new IncrementalStudy(recipe, List.of());
      return;
    }
    DataLoader test = new RecipeData(recipe.data(), recipe.seed()).test();
    ModelRecipe fitted = RecipeModel.fitted(recipe.model(), test);
    Module model = RecipeModel.create(new ModelRecipe(fitted.name(), fitted.options(), null));
    if (recipe.pruning().isPresent()) {
      Pruning.prepare(recipe.pruning().get(), model);
    }
    recipe
        .quantization()
        .ifPresent(own -> UsageException.unless(() -> Quantization.places(own).apply(model)));
  }

  /** With {@code --replace}; without it nothing is there. */
  private static void removeStages(Path target) throws IOException {
    for (Path stage : stages(target)) {
      remove(stage);
    }
  }

  /** The folders of a life's stages; none in the folder of another run. */
  public static List<Path> stages(Path life) throws UncheckedIOException {
    try (Stream<Path> all = Files.list(life)) {
      return all.filter(Files::isDirectory)
          .filter(each -> each.getFileName().toString().matches(STAGE_FOLDER))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  /** Whether it came to its end. */
  private boolean live() throws IOException {
    for (LifeStage stage : life.stages()) {
      if (stage.number() <= rows.size()) {
        output.err().println(stage.folder() + " is finished already");
        continue;
      }
      output
          .err()
          .printf("stage %d of %d: %s%n", stage.number(), life.stages().size(), stage.kind().key());
      Optional<StageRow> row = stage(stage).complete();
      if (row.isEmpty()) {
        return false;
      }
      rows.add(row.get());
      folder.writeResults(toJson(false));
    }
    return true;
  }

  /** A stage with the network that it begins from. */
  private StageRun stage(LifeStage stage) {
    return runs.computeIfAbsent(stage.number(), number -> begun(stage));
  }

  private StageRun begun(LifeStage stage) {
    Optional<Path> network = life.weights().map(Path::of).filter(w -> stage.number() == 1);
    for (LifeStage before : life.stages().subList(0, stage.number() - 1)) {
      if (before.kind().changesNetwork()) {
        network = Optional.of(folder.path().resolve(before.folder()));
      }
    }
    boolean isFresh = stage.kind() == LifeStage.Kind.TRAIN;
    return new StageRun(
        life,
        stage,
        folder.path().resolve(stage.folder()),
        isFresh ? Optional.empty() : network,
        output);
  }

  private void report(boolean isFinished) throws IOException {
    Map<String, Object> json = toJson(isFinished);
    folder.writeResults(json);
    if (!rows.isEmpty()) {
      output.err().println("writing " + folder.report());
      List<StageRun> lived =
          life.stages().subList(0, rows.size()).stream().map(this::stage).toList();
      new LifeReport(life, lived, rows, output.arguments()).report().write(folder.report());
    }
    if (output.isJson()) {
      output.printJson(json);
      return;
    }
    LifeTable table = new LifeTable(life, rows);
    output.printTable(table.printed(), table.rows());
    table.sentences().forEach(output.out()::println);
    output.out().println("run: " + folder.path());
    output.out().println("report: " + folder.report());
  }

  private Map<String, Object> toJson(boolean isFinished) throws IOException {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("run", folder.path().toString());
    values.put("outcome", isFinished ? "COMPLETED" : "INTERRUPTED");
    List<Map<String, Object>> stages = new ArrayList<>();
    rows.forEach(row -> stages.add(Output.JSON.convertValue(row, new TypeReference<>() {})));
    values.put(STAGES, stages);
    Map<String, JsonNode> explanations = new LinkedHashMap<>();
    for (LifeStage stage : life.stages().subList(0, rows.size())) {
      if (stage.kind() == LifeStage.Kind.EXPLAIN) {
        explanations.put(stage.folder(), resultsOf(stage));
      } else if (stage.number() == 1) {
        values.put("provenance", resultsOf(stage).path("provenance"));
      }
    }
    values.put("explanations", explanations);
    values.put("seconds", rows.stream().mapToDouble(StageRow::seconds).sum());
    values.put("report", folder.report().toString());
    return values;
  }

  /** What a finished stage has left. */
  private JsonNode resultsOf(LifeStage stage) throws IOException {
    return RunResults.in(folder.path().resolve(stage.folder())).orElseThrow();
  }
}
