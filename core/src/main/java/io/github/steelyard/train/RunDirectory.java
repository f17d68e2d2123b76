package io.github.steelyard.train;

import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.io.CheckedJson;
import io.github.steelyard.runtime.Distributed;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The folder of one run: {@code recipe.yaml}, {@code metrics.jsonl}, {@code events} for
 * TensorBoard, {@code checkpoints}, {@code exports}, {@code explain}, {@code report.html} and
 * {@code results.json}. What is there is never overwritten unless the caller says so: a new run is
 * {@linkplain #create created} in a folder that does not hold one, continued with {@link #resume},
 * replaced with {@link #replace} and looked at with {@link #open}. While a run is written, its
 * folder is locked against other processes.
 */
public final class RunDirectory implements AutoCloseable {
  private final Path folder;
  private final FolderLock lock;
  private final boolean follows;

  private RunDirectory(Path folder, FolderLock lock, boolean follows) {
    this.folder = folder;
    this.lock = lock;
    this.follows = follows;
  }

  /**
   * Makes the folder of a new run.
   *
   * @param folder where; may exist if it holds no run
   * @return the folder, locked
   * @throws IOException if it holds a run already, is in use or cannot be written
   */
  public static RunDirectory create(Path folder) throws IOException {
    // Once more with the lock held: another process may have begun a run meanwhile.
    return locked(
        folder,
        () -> RunContents.requireNone(folder),
        () -> {
          RunContents.requireNone(folder);
          AtomicFile.removeAbandoned(folder);
        });
  }

  /**
   * Opens the folder of a run to continue it. What a killed process left half-written is removed.
   *
   * @param folder where the run is
   * @return the folder, locked
   * @throws IOException if it holds no run, is in use or cannot be written
   */
  public static RunDirectory resume(Path folder) throws IOException {
    return locked(
        folder,
        () -> RunContents.require(folder),
        () -> {
          for (Path own : RunContents.folders(folder)) {
            AtomicFile.removeAbandoned(own);
          }
        });
  }

  /**
   * Removes the run that a folder holds and makes it ready for a new one. Only files that belong to
   * a run are removed.
   *
   * @param folder where; may hold a run, something else or not exist
   * @return the folder, locked
   * @throws IOException if it is in use or cannot be written
   */
  public static RunDirectory replace(Path folder) throws IOException {
    return locked(
        folder,
        () -> {},
        () -> {
          RunContents.remove(folder);
          AtomicFile.removeAbandoned(folder);
        });
  }

  /**
   * Opens the folder of a run to read it, also while it is being written.
   *
   * @param folder where the run is
   * @return the folder, not locked
   * @throws IOException if it holds no run
   */
  public static RunDirectory open(Path folder) throws IOException {
    RunContents.require(folder);
    return new RunDirectory(folder, null, false);
  }

  /** What is done to a locked folder before a run uses it. */
  private interface Preparation {
    void run() throws IOException;
  }

  /** Of many ranks the first makes the folder and holds the lock; the others follow it. */
  private static RunDirectory locked(Path folder, Preparation check, Preparation preparation)
      throws IOException {
    List<FolderLock> held = new ArrayList<>();
    Distributed.current()
        .lead(
            () -> {
              check.run();
              held.add(prepared(folder, preparation));
            });
    return held.isEmpty()
        ? new RunDirectory(folder, null, true)
        : new RunDirectory(folder, held.get(0), false);
  }

  private static FolderLock prepared(Path folder, Preparation preparation) throws IOException {
    FolderLock lock = null;
    try {
      Files.createDirectories(folder);
      lock = FolderLock.take(folder);
      preparation.run();
      Files.createDirectories(folder.resolve(RunContents.CHECKPOINTS));
    } catch (IOException e) {
      if (lock != null) {
        lock.close();
      }
      throw e instanceof FileSystemException failed ? explained(folder, failed) : e;
    }
    return lock;
  }

  private static IOException explained(Path folder, FileSystemException cause) {
    String reason = cause.getReason();
    if (cause instanceof AccessDeniedException) {
      reason = "no permission to write " + cause.getFile();
    } else if (cause instanceof FileAlreadyExistsException) {
      reason = cause.getFile() + " is not a folder";
    } else if (reason == null) {
      reason = "the file system does not allow it to be made";
    }
    return new IOException("cannot use " + folder + " as a run folder: " + reason, cause);
  }

  /**
   * The folder.
   *
   * @return its path as it was given
   */
  public Path path() {
    return folder;
  }

  /**
   * The resolved recipe.
   *
   * @return the path of {@code recipe.yaml}
   */
  public Path recipe() {
    return folder.resolve(RunContents.RECIPE);
  }

  /**
   * The log: one JSON object a line, each with {@code event}, {@code step} and {@code epoch}.
   *
   * @return the path of {@code metrics.jsonl}
   */
  public Path metrics() {
    return folder.resolve(RunContents.METRICS);
  }

  /**
   * TensorBoard's event files.
   *
   * @return the path of the folder {@code events}
   */
  public Path events() {
    return folder.resolve(RunContents.EVENTS);
  }

  /**
   * The saved checkpoints.
   *
   * @return the path of the folder {@code checkpoints}
   */
  public Path checkpoints() {
    return folder.resolve(RunContents.CHECKPOINTS);
  }

  /**
   * The files that other programs take, if the model was exported.
   *
   * @return the path of the folder {@code exports}, which may not exist yet
   */
  public Path exports() {
    return folder.resolve(RunContents.EXPORTS);
  }

  /**
   * The report.
   *
   * @return the path of {@code report.html}
   */
  public Path report() {
    return folder.resolve(RunContents.REPORT);
  }

  /**
   * The numbers that came out.
   *
   * @return the path of {@code results.json}
   */
  public Path results() {
    return folder.resolve(RunContents.RESULTS);
  }

  /**
   * Finds the newest checkpoint that can be read. Damaged ones are skipped with a warning in the
   * log.
   *
   * @return its path; empty if the run has no checkpoint yet
   * @throws IOException if there are checkpoints but none can be read; the message says why
   */
  public Optional<Path> newestCheckpoint() throws IOException {
    return new CheckpointFolder(checkpoints()).newestReadable().map(CheckpointFolder.Found::file);
  }

  /**
   * The checkpoint with the best value of the monitored metric.
   *
   * @return its path; empty if there is none yet
   */
  public Optional<Path> bestCheckpoint() {
    Path best = new CheckpointFolder(checkpoints()).best();
    return Files.exists(best) ? Optional.of(best) : Optional.empty();
  }

  /**
   * Writes {@code results.json} whole or not at all, with a checksum by which {@link CheckedJson}
   * tells whether it was changed.
   *
   * @param values JSON values by name; records are written as objects
   * @throws IOException if it cannot be written; the file is then as it was before
   * @throws IllegalArgumentException if a value is not a JSON value
   */
  public void writeResults(Map<String, ?> values) throws IOException {
    CheckedJson.write(results(), Json.tree(Json.strict(values)));
  }

  /** Unlocks the folder. */
  @Override
  public void close() throws IOException {
    if (lock != null) {
      lock.close();
    }
  }

  /**
   * Whether this process may write to the folder.
   *
   * @return false if it was opened for reading
   */
  public boolean isLocked() {
    return lock != null || follows;
  }
}
