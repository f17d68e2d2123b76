package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.UsageException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a run goes, and what becomes of one that is there.
 *
 * @param folder the folder; empty for {@code runs/NAME} of the recipe
 * @param mode what becomes of a run that is there
 */
public record RunPlace(Optional<Path> folder, Mode mode) {
  /** What becomes of a run that is there. */
  public enum Mode {
    /** None may be there. */
    NEW,
    /** One must be there, and goes on. */
    RESUME,
    /** It is removed. */
    REPLACE,
    /** It goes on if one is there. */
    CONTINUE
  }

  /**
   * A folder whose run goes on if one is there.
   *
   * @param folder that of the run
   * @return the place
   */
  public static RunPlace continuing(Path folder) {
    return new RunPlace(Optional.of(folder), Mode.CONTINUE);
  }

  /** The folder of a run of some name. */
  Path target(String name) {
    return folder.orElse(Path.of("runs", name));
  }

  /**
   * Whether a run goes on that is there.
   *
   * @throws UsageException if what is there does not fit the mode
   */
  boolean resumes(Path target, boolean continuesItself) {
    boolean there = Run.isIn(target);
    if (mode == Mode.RESUME && !there) {
      throw new UsageException("there is no run in " + target + " to resume");
    }
    if (mode == Mode.NEW && there && !continuesItself) {
      throw new UsageException(
          target
              + " holds a run already; continue it with --resume, start it anew with --replace, or"
              + " choose another folder with --folder");
    }
    return there && mode != Mode.REPLACE;
  }
}
