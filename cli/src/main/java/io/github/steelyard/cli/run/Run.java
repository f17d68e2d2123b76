package io.github.steelyard.cli.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.PathSuggestion;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.io.CheckedJson;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A run: a folder, and what kind of run it holds. The kind is written when the folder is made, in
 * {@code run.json}, and nothing else says what a run is; a folder without that file holds none.
 */
public final class Run implements AutoCloseable {
  private static final String FILE = "run.json";
  private static final String RECIPE = "recipe.yaml";

  private final RunDirectory directory;
  private final RunKind<?> kind;

  private Run(RunDirectory directory, RunKind<?> kind) {
    this.directory = directory;
    this.kind = kind;
  }

  /**
   * What stands in {@code run.json}.
   *
   * @param finished whether all of it is done, the report included; null in runs of builds that did
   *     not write it
   */
  private record About(String kind, String steelyard, Boolean finished) {}

  /**
   * Whether a folder holds a run, finished or not.
   *
   * @param folder any path
   * @return true if it does
   */
  public static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(FILE));
  }

  /**
   * Opens a run to read it.
   *
   * @param folder that of a run
   * @return the run, not locked
   * @throws UsageException if the folder holds none
   * @throws IOException if it cannot be read
   */
  public static Run open(Path folder) throws IOException {
    require(folder);
    return new Run(RunDirectory.open(folder), kindOf(folder));
  }

  private static void require(Path folder) {
    if (isIn(folder)) {
      return;
    }
    if (Files.isRegularFile(folder)) {
      throw new UsageException(folder + " is a file; give the folder of a run");
    }
    throw new UsageException(
        Files.exists(folder)
            ? "there is no run in " + folder + ": it has no " + FILE
            : "there is no run "
                + folder
                + PathSuggestion.clause(folder, Path.of("runs"), Run::isIn));
  }

  private static RunKind<?> kindOf(Path folder) throws IOException {
    try {
      return RunKinds.load().named(about(folder).kind());
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(
          folder.resolve(FILE), "does not say what kind of run this is: " + e.getMessage(), e);
    }
  }

  private static About about(Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    try {
      return Json.MAPPER.treeToValue(CheckedJson.read(file), About.class);
    } catch (JsonProcessingException e) {
      throw new FileFormatException(
          file, "does not say what kind of run this is: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Whether a folder holds a run of which something is missing still, if only its report.
   *
   * @param folder any path
   * @return false if it holds none, or a finished one
   * @throws IOException if it cannot be read
   */
  public static boolean isUnfinished(Path folder) throws IOException {
    return isIn(folder) && Boolean.FALSE.equals(about(folder).finished());
  }

  private static void tell(Path folder, RunKind<?> kind, boolean isFinished) throws IOException {
    String steelyard = Provenance.now(0, Map.of(), Map.of(), List.of()).steelyard();
    About about = new About(kind.name(), steelyard, isFinished);
    CheckedJson.write(folder.resolve(FILE), Json.MAPPER.valueToTree(about));
  }

  /** Says that nothing is missing any more. */
  void finish() throws IOException {
    if (isUnfinished(path())) {
      tell(path(), kind, true);
    }
  }

  /**
   * Takes up a run that a folder holds, locked.
   *
   * @param folder that of a run
   * @return the run
   * @throws IOException if it cannot be read, or another process works on it
   */
  public static Run resume(Path folder) throws IOException {
    return new Run(RunDirectory.resume(folder), kindOf(folder));
  }

  /**
   * Makes the folder of a new run, locked; with {@code replace} in the place of one that is there.
   */
  static Run begin(Path folder, boolean replace, RunKind<?> kind, RunRecipe recipe)
      throws IOException {
    if (replace) {
      Distributed.current().lead(() -> removeWithin(folder));
    }
    RunDirectory directory =
        replace || isOnlyBegun(folder) ? RunDirectory.replace(folder) : RunDirectory.create(folder);
    try {
      RecipeFile.write(directory.recipe(), recipe);
      // Last: without it the folder holds no run, and another one can begin there.
      tell(folder, kind, false);
      return new Run(directory, kind);
    } catch (IOException | RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  /** Whether a process was killed before it said what kind of run it begins: nothing is lost. */
  private static boolean isOnlyBegun(Path folder) throws IOException {
    if (isIn(folder) || !Files.isRegularFile(folder.resolve(RECIPE))) {
      return false;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .allMatch(name -> name.equals(RECIPE) || name.startsWith("."));
    }
  }

  /**
   * The runs inside a run's folder, such as the stages of a life, in the order of their names.
   *
   * @param folder that of a run
   * @return their folders
   * @throws IOException if the folder cannot be read
   */
  public static List<Path> within(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isDirectory).filter(Run::isIn).sorted().toList();
    }
  }

  private static void removeWithin(Path folder) throws IOException {
    for (Path inner : within(folder)) {
      try (Stream<Path> all = Files.walk(inner)) {
        for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
  }

  /**
   * Its kind.
   *
   * @return what {@code run.json} says
   */
  public RunKind<?> kind() {
    return kind;
  }

  /**
   * Its folder.
   *
   * @return the folder
   */
  public Path path() {
    return directory.path();
  }

  /**
   * The files in its folder.
   *
   * @return names and contents of files
   */
  public RunDirectory directory() {
    return directory;
  }

  /**
   * Its recipe.
   *
   * @param settings what is changed in it, such as where the data are
   * @return the resolved recipe
   * @throws IOException if it cannot be read
   */
  public RunRecipe recipe(List<String> settings) throws IOException {
    RecipeFile.requireUnchanged(directory.recipe());
    return kind.read(YamlDocument.read(directory.recipe()), "run", false, List.of(), settings);
  }

  /**
   * Lets the run go on with another recipe: what came out so far is removed first, so that a run
   * that is killed in between does not pass for one that is finished.
   *
   * @param recipe what it does from now on
   * @throws IOException if files cannot be removed or written
   */
  public void goOnWith(RunRecipe recipe) throws IOException {
    Distributed.current().lead(() -> Files.deleteIfExists(directory.results()));
    RecipeFile.write(directory.recipe(), recipe);
    tell(path(), kind, false);
  }

  @Override
  public void close() throws IOException {
    directory.close();
  }
}
