package io.github.steelyard.cli.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.PathSuggestion;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.io.FileFormatException;
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

  /** What stands in {@code run.json}. */
  private record About(String kind, String steelyard) {}

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
    Path file = folder.resolve(FILE);
    try {
      return RunKinds.load().named(Json.MAPPER.readValue(file.toFile(), About.class).kind());
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new FileFormatException(
          file, "does not say what kind of run this is: " + e.getMessage(), e);
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
      removeWithin(folder);
    }
    RunDirectory directory =
        replace || isOnlyBegun(folder) ? RunDirectory.replace(folder) : RunDirectory.create(folder);
    try {
      AtomicFile.write(directory.recipe(), recipe.toBytes());
      About about =
          new About(kind.name(), Provenance.now(0, Map.of(), Map.of(), List.of()).steelyard());
      // Last: without it the folder holds no run, and another one can begin there.
      AtomicFile.write(folder.resolve(FILE), Json.MAPPER.writeValueAsBytes(about));
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
    return kind.read(YamlDocument.read(directory.recipe()), "run", false, List.of(), settings);
  }

  /**
   * Lets the run go on with another recipe: what came out so far is removed first, so that a run
   * that is killed in between does not pass for one that is finished.
   */
  void goOnWith(RunRecipe recipe) throws IOException {
    Files.deleteIfExists(directory.results());
    AtomicFile.write(directory.recipe(), recipe.toBytes());
  }

  @Override
  public void close() throws IOException {
    directory.close();
  }
}
