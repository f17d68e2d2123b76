package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.RunRecipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs recipes of every kind in their folders: begins them, takes them up, and keeps their recipe.
 * Runs made of runs use it for their parts.
 *
 * @param session before whom
 */
public record Engine(Session session) {
  /** More differences say no more than that it is another recipe. */
  private static final int MOST_TOLD = 5;

  /** Makes a run ready whose folder is known. */
  @FunctionalInterface
  public interface Preparation {
    /**
     * Opens data and weights; writes nothing.
     *
     * @param folder the run's folder
     * @return the work
     * @throws IOException if something cannot be read
     */
    Work prepare(Path folder) throws IOException;
  }

  /**
   * Runs a recipe to its end, or until the person stops it. A new folder is made after all is found
   * that the run needs.
   *
   * @param <R> the kind's recipe
   * @param recipe what to do
   * @param place in which folder, and whether to go on there
   * @return how it ended
   * @throws IOException if data or files cannot be read or written
   * @throws UsageException if the recipe does not fit the data, this machine or the folder's run
   */
  public <R extends RunRecipe> Ended run(R recipe, RunPlace place) throws IOException {
    RunKind<R> kind = RunKinds.load().of(recipe);
    return run(kind, recipe, place, folder -> kind.prepare(recipe, folder, session));
  }

  /**
   * The same for a run whose kind its recipe does not tell, or that shares what it needs.
   *
   * @param kind what run it is
   * @param recipe what to do
   * @param place in which folder, and whether to go on there
   * @param preparation makes it ready
   * @return how it ended
   * @throws IOException if data or files cannot be read or written
   */
  public Ended run(RunKind<?> kind, RunRecipe recipe, RunPlace place, Preparation preparation)
      throws IOException {
    // Before data is read: a person should not wait for a message.
    Path target = place.target(recipe.name());
    boolean resumes = place.resumes(target, kind.continuesItself());
    if (resumes) {
      requireKind(kind, recipe, target);
    }
    Work work = preparation.prepare(target);
    boolean replaces = place.mode() == RunPlace.Mode.REPLACE;
    try (Run run =
        resumes ? Run.resume(target) : Run.begin(target, replaces, kind, work.recipe())) {
      if (resumes) {
        RunRecipe written = run.recipe(List.of());
        requireSame(
            written,
            work.continuing(written),
            target,
            "resume it with "
                + run.directory().recipe()
                + ", or choose another folder with --folder");
      }
      Ended ended = work.complete(run);
      if (ended.isFinished()) {
        run.finish();
      }
      return ended;
    }
  }

  private static void requireKind(RunKind<?> kind, RunRecipe recipe, Path target)
      throws IOException {
    try (Run there = Run.open(target)) {
      if (!there.kind().name().equals(kind.name())) {
        throw new UsageException(
            String.format(
                "the run in %s is of the kind '%s', but the recipe %s is of the kind '%s'; choose"
                    + " another folder with --folder",
                target, there.kind().name(), recipe.name(), kind.name()));
      }
    }
  }

  /**
   * Refuses to continue a run with another recipe.
   *
   * @param written what the run was started with
   * @param recipe what it should go on with
   * @param target the run's folder
   * @param remedy what the person can do
   * @throws UsageException if the recipes differ
   */
  public static void requireSame(RunRecipe written, RunRecipe recipe, Path target, String remedy) {
    List<String> differences = written.differences(recipe);
    if (!differences.isEmpty()) {
      throw new UsageException(
          "the run in "
              + target
              + " was started with another recipe: "
              + String.join(", ", differences.subList(0, Math.min(MOST_TOLD, differences.size())))
              + (differences.size() > MOST_TOLD
                  ? ", and " + (differences.size() - MOST_TOLD) + " more"
                  : "")
              + "; "
              + remedy);
    }
  }
}
