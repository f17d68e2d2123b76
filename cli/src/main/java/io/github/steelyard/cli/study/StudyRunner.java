package io.github.steelyard.cli.study;

import io.github.steelyard.cli.console.Reason;
import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.console.Workers;
import io.github.steelyard.cli.recipe.DataRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.results.RunResults;
import io.github.steelyard.cli.run.Engine;
import io.github.steelyard.cli.run.RecipeData;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunKinds;
import io.github.steelyard.cli.run.RunPlace;
import io.github.steelyard.io.AtomicFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Makes the runs of a study that are missing, one after the other. */
public final class StudyRunner {
  private final Study study;
  private final List<StudyRun> runs;
  private final Session session;
  private final PrintWriter err;
  private final StudyPace pace;
  private final Map<DataRecipe, Optional<String>> faults = new LinkedHashMap<>();
  private final Map<StudyRun, RunRecipe> recipes = new LinkedHashMap<>();
  private final Map<Path, Recipe> starts = new LinkedHashMap<>();
  private final Set<Path> tried = new LinkedHashSet<>();

  /** How the runs ended. */
  public enum Outcome {
    /** All have what the study measures. */
    FINISHED,
    /** Some do not. */
    FAILED,
    /** A person stopped them. */
    STOPPED
  }

  /**
   * Reads the recipes and checks that runs that are there were started with the same ones; nothing
   * is written yet.
   *
   * @param study the study
   * @param runs the runs to make, finished ones included
   * @param session before whom
   * @param pace told of each run
   * @throws IOException if a file cannot be read
   * @throws UsageException if a run was started with another recipe
   */
  public StudyRunner(Study study, List<StudyRun> runs, Session session, StudyPace pace)
      throws IOException {
    this.study = study;
    this.runs = List.copyOf(runs);
    this.session = session;
    this.err = session.err();
    this.pace = pace;
    for (StudyRun run : runs) {
      RunRecipe recipe = run.recipe();
      requireSame(run.run(), recipe);
      recipes.put(run, recipe);
      Optional<Path> start = run.start();
      if (start.isPresent() && !starts.containsKey(start.get())) {
        Recipe first = run.startRecipe().orElseThrow();
        requireSame(start.get(), first);
        starts.put(start.get(), first);
      }
    }
    pace.add(study, runs);
  }

  private static void requireSame(Path run, RunRecipe recipe) throws IOException {
    Path written = StudyRun.recipeOf(run);
    if (Run.isIn(run) && Files.isRegularFile(written)) {
      Engine.requireSame(
          RunKinds.load().read(written, false, List.of()),
          recipe,
          run,
          "choose another folder with --folder, or remove the run");
    }
  }

  /**
   * Why runs that are missing could not begin, if their data cannot be opened.
   *
   * @return a sentence for a person, or empty
   * @throws IOException if what is there cannot be read
   */
  public Optional<String> dataFault() throws IOException {
    for (StudyRun run : runs) {
      if (!run.isFinished()) {
        Optional<String> fault = dataFault(recipes.get(run));
        if (fault.isPresent()) {
          return fault;
        }
      }
    }
    return Optional.empty();
  }

  private Optional<String> dataFault(RunRecipe recipe) {
    return recipe.learnsFrom().flatMap(data -> faults.computeIfAbsent(data, StudyRunner::fault));
  }

  private static Optional<String> fault(DataRecipe data) {
    try {
      new RecipeData(data, 0).test();
      return Optional.empty();
    } catch (IOException | UsageException e) {
      return Optional.of(e.getMessage());
    }
  }

  /**
   * Makes what is missing.
   *
   * @return what was done
   * @throws IOException if files cannot be read or written
   */
  public Outcome run() throws IOException {
    if (allFinished()) {
      return Outcome.FINISHED;
    }
    twins().forEach(err::println);
    if (session.workers().isPresent()) {
      return makeElsewhere(session.workers().get());
    }
    List<String> failed = new ArrayList<>();
    int number = 0;
    for (StudyRun run : runs) {
      number++;
      if (run.isFinished()) {
        continue;
      }
      Optional<Path> start = run.start();
      if (start.isPresent() && !isStarted(start.get())) {
        if (session.stop().isRequested()) {
          err.println("stopped; the same command continues the study");
          return Outcome.STOPPED;
        }
        failed.add(run.title());
        continue;
      }
      String left = pace.left();
      err.printf(
          "run %d of %d: %s%s%n",
          number, runs.size(), run.title(), left.isEmpty() ? "" : "; " + left);
      double seconds = make(run.run(), recipes.get(run));
      if (session.stop().isRequested()) {
        err.println("stopped; the same command continues the study");
        return Outcome.STOPPED;
      }
      pace.done(study, seconds);
      if (!run.isFinished()) {
        failed.add(run.title());
        explain(run);
      }
    }
    failed.forEach(title -> err.println("failed: " + title));
    return failed.isEmpty() ? Outcome.FINISHED : Outcome.FAILED;
  }

  /** Settings that a mistake or a default made alike: to compare them says nothing. */
  private List<String> twins() {
    List<String> found = new ArrayList<>();
    List<StudyRun> seen = new ArrayList<>();
    for (StudyRun run : runs) {
      if (run.seed() == runs.get(0).seed()) {
        seen.stream()
            .filter(other -> other.start().equals(run.start()))
            .filter(other -> recipes.get(other).differences(recipes.get(run)).isEmpty())
            .findFirst()
            .ifPresent(
                twin ->
                    found.add(
                        "warning: %s and %s are the same recipe, so that comparing them says nothing"
                            .formatted(
                                StudyAxes.label(twin.setting()), StudyAxes.label(run.setting()))));
        seen.add(run);
      }
    }
    return found;
  }

  private boolean allFinished() throws IOException {
    for (StudyRun run : runs) {
      if (!run.isFinished()) {
        return false;
      }
    }
    return true;
  }

  private void explain(StudyRun run) throws IOException {
    if (StudyRun.outcome(run.run()).isPresent()) {
      String places =
          study.measures().of(run.setting()).values().stream()
              .map(ResultPlace::toString)
              .collect(Collectors.joining(", "));
      err.println(
          "error: "
              + run.run().resolve(RunResults.FILE)
              + " does not hold all measures: "
              + places);
    }
  }

  /** Whether the model that runs start from is there; trains it if it is not. */
  private boolean isStarted(Path start) throws IOException {
    if (!isTrained(start) && tried.add(start)) {
      String one = starts.size() > 1 ? ", in " + start.getFileName() : "";
      err.println("the model that runs start from: " + starts.get(start).name() + one);
      make(start, starts.get(start));
      if (!isTrained(start) && !session.stop().isRequested()) {
        err.println("failed: the model that runs start from" + one);
      }
    }
    return isTrained(start);
  }

  private static boolean isTrained(Path start) throws IOException {
    return !Run.isUnfinished(start)
        && StudyRun.outcome(start).filter(outcome -> !StudyRun.isInterruption(outcome)).isPresent();
  }

  /**
   * Makes a run, or what is left of it. A run that fails is told, and the next one begins.
   *
   * @return how long it took, in seconds
   */
  private double make(Path run, RunRecipe recipe) throws IOException {
    writeRecipe(run, recipe);
    long begin = System.nanoTime();
    StudyRun.noting(
        run,
        study.file(),
        () -> {
          try {
            return new Engine(session).run(recipe, RunPlace.continuing(run));
          } catch (IOException | RuntimeException e) {
            err.println("error: " + Reason.describe(Reason.unwrapped(e)));
            return null;
          }
        });
    return (System.nanoTime() - begin) / 1e9;
  }

  private static void writeRecipe(Path run, RunRecipe recipe) throws IOException {
    Path written = StudyRun.recipeOf(run);
    Files.createDirectories(written.getParent());
    AtomicFile.removeAbandoned(written.getParent());
    AtomicFile.write(written, recipe.toBytes());
  }

  /** First the models that runs start from, then the runs, all at once. */
  private Outcome makeElsewhere(Workers workers) throws IOException {
    WorkedRuns made = new WorkedRuns(study.file(), workers, session);
    for (Map.Entry<Path, Recipe> start : starts.entrySet()) {
      if (!isTrained(start.getKey())) {
        writeRecipe(start.getKey(), start.getValue());
        made.add(
            start.getKey(), "the model that runs start from, in " + start.getKey().getFileName());
      }
    }
    made.make();
    for (StudyRun run : runs) {
      if (!run.isFinished() && (run.start().isEmpty() || isTrained(run.start().get()))) {
        writeRecipe(run.run(), recipes.get(run));
        made.add(run.run(), run.title());
      }
    }
    made.make();
    if (session.stop().isRequested()) {
      err.println("stopped; the same command continues the study");
      return Outcome.STOPPED;
    }
    Outcome outcome = Outcome.FINISHED;
    for (StudyRun run : runs) {
      if (!run.isFinished()) {
        explain(run);
        err.println("failed: " + run.title());
        outcome = Outcome.FAILED;
      }
    }
    return outcome;
  }
}
