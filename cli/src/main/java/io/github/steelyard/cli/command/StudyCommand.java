package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.cli.study.Study;
import io.github.steelyard.cli.study.StudyPace;
import io.github.steelyard.cli.study.StudyReport;
import io.github.steelyard.cli.study.StudyResults;
import io.github.steelyard.cli.study.StudyRun;
import io.github.steelyard.cli.study.StudyRunner;
import java.io.IOException;
import java.nio.file.Path;
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
public final class StudyCommand implements Callable<Integer> {
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
    RecipeOptions.requireFile(file, "study");
    Study study = Study.read(file, options.isQuick());
    List<Map<String, String>> settings = UsageException.unless(() -> study.axes().settings(only));
    if (settings.isEmpty()) {
      throw new UsageException("no setting of the study has all values of --only");
    }
    Path target = folder == null ? Path.of("runs", study.name()) : folder;
    List<StudyRun> chosen = StudyRun.all(study, settings, target);
    boolean done = show || run(study, chosen) == StudyRunner.Outcome.FINISHED;
    StudyResults results =
        new StudyResults(study, settings, StudyRun.all(study, study.axes().settings(), target));
    report(results, study, target);
    return done ? 0 : CommandLine.ExitCode.SOFTWARE;
  }

  private StudyRunner.Outcome run(Study study, List<StudyRun> runs) throws IOException {
    return new StudyRunner(study, runs, options.settings(), output.err(), new StudyPace()).run();
  }

  private void report(StudyResults results, Study study, Path target) throws IOException {
    new StudyReport(study, results).write(target, output.arguments());
    if (output.isJson()) {
      output.printJson(results.toJson());
      return;
    }
    Table table = results.table();
    int axes = study.axes().names().size();
    output.printTable(Output.numbersAfter(axes, table.columns()), table.rows());
    output.out().println();
    output.out().println("study: " + target);
    output.out().println("report: " + target.resolve("report.html"));
  }
}
