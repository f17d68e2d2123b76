package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.Study;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.io.AtomicFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "study",
    description = {
      "Run a recipe in every combination of some changes, with several seeds, and compare.",
      "Each run gets a folder below that of the study. A run that is finished is not repeated, one"
          + " that was stopped continues, so the same command goes on after Ctrl-C and may be given"
          + " parts of the grid with --only. Prints means with 95 %% confidence intervals (Student's"
          + " t) and writes results.json and report.html."
    },
    footer = {"", "Example:", "  steelyard study recipes/study-compander.yaml --only model=mlp"})
final class StudyCommand implements Callable<Integer> {
  @Mixin private Output output;
  @Mixin private RecipeOptions options;

  @Parameters(paramLabel = "STUDY", description = "The study, a YAML file.")
  private Path file;

  @Option(
      names = "--only",
      paramLabel = "AXIS=VALUE",
      description =
          "Only settings with this value of an axis; may be repeated, also for other values of the"
              + " same axis.")
  private List<String> only = List.of();

  @Option(
      names = "--folder",
      paramLabel = "DIR",
      description = "The study's folder; runs/NAME of the study if not given.")
  private Path folder;

  @Option(names = "--show", description = "Run nothing; show what is finished.")
  private boolean show;

  @Override
  public Integer call() throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new UsageException("there is no study " + file);
    }
    Study study = Study.read(file, options.isQuick());
    List<Map<String, String>> settings = UsageException.unless(() -> study.settings(only));
    if (settings.isEmpty()) {
      throw new UsageException("no setting of the study has all values of --only");
    }
    Path target = folder == null ? Path.of("runs", study.name()) : folder;
    List<StudyRun> chosen = runs(study, settings, target);
    int code = show ? 0 : run(study, chosen);
    report(new StudyResults(study, settings, runs(study, study.settings(), target)), study, target);
    return code;
  }

  /** Seeds change slowest, so that a study that is stopped has something of every setting. */
  private static List<StudyRun> runs(Study study, List<Map<String, String>> settings, Path folder) {
    List<StudyRun> runs = new ArrayList<>();
    for (long seed : study.seeds()) {
      for (Map<String, String> setting : settings) {
        runs.add(new StudyRun(study, setting, seed, folder));
      }
    }
    return runs;
  }

  private int run(Study study, List<StudyRun> runs) throws IOException {
    Map<StudyRun, Recipe> recipes = new LinkedHashMap<>();
    for (StudyRun run : runs) {
      Recipe recipe = study.recipe(run.setting(), run.seed(), options.settings());
      requireSame(run, recipe);
      recipes.put(run, recipe);
    }
    List<String> failed = new ArrayList<>();
    int number = 0;
    for (StudyRun run : runs) {
      number++;
      if (run.isFinished()) {
        continue;
      }
      output.err().printf("run %d of %d: %s%n", number, runs.size(), run.title());
      Files.createDirectories(run.recipe().getParent());
      AtomicFile.write(run.recipe(), recipes.get(run).toBytes());
      int code = execute(run);
      if (run.isInterrupted()) {
        output.err().println("stopped; the same command continues the study");
        return CommandLine.ExitCode.SOFTWARE;
      }
      if (!run.isFinished()) {
        failed.add(run.title());
        if (code == 0) {
          output
              .err()
              .println(
                  "error: "
                      + run.run().resolve("results.json")
                      + " does not hold all measures: "
                      + String.join(", ", study.measures().values()));
        }
      }
    }
    failed.forEach(title -> output.err().println("failed: " + title));
    return failed.isEmpty() ? 0 : CommandLine.ExitCode.SOFTWARE;
  }

  private static void requireSame(StudyRun run, Recipe recipe) throws IOException {
    List<String> differences = run.isThere() ? run.differences(recipe) : List.of();
    if (!differences.isEmpty()) {
      throw new UsageException(
          "the run in "
              + run.run()
              + " was made with another recipe: "
              + String.join(", ", differences)
              + "; choose another folder with --folder, or remove the run");
    }
  }

  /** Runs the command in this process, with its progress but without its results. */
  private int execute(StudyRun run) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    return Main.commandLine(nowhere, output.err()).execute(run.arguments().toArray(String[]::new));
  }

  private void report(StudyResults results, Study study, Path target) throws IOException {
    Path report = target.resolve("report.html");
    if (results.settings().stream().anyMatch(setting -> !results.runs(setting).isEmpty())) {
      Map<String, Object> json = results.toJson();
      Files.createDirectories(target);
      AtomicFile.write(
          target.resolve("results.json"),
          Output.JSON.writeValueAsString(json).getBytes(StandardCharsets.UTF_8));
      new StudyReport(study, results).report(output.arguments()).write(report);
    }
    if (output.isJson()) {
      output.printJson(results.toJson());
      return;
    }
    Table table = results.table();
    output.printTable(table.columns(), table.rows());
    output.out().println();
    output.out().println("study: " + target);
    output.out().println("report: " + report);
  }
}
