package io.github.steelyard.train;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The checkpoints of a run: the newest few, by step, and the best. */
final class CheckpointFolder {
  private static final System.Logger LOG = System.getLogger(CheckpointFolder.class.getName());
  private static final String DAMAGED = ".damaged";

  private final Path folder;

  CheckpointFolder(Path folder) {
    this.folder = folder;
  }

  /** A checkpoint that was read, and why newer ones were not. */
  record Found(Path file, Checkpoint checkpoint, List<Path> skipped) {}

  Path file(long step) {
    return folder.resolve("step-%09d.safetensors".formatted(step));
  }

  Path best() {
    return folder.resolve("best.safetensors");
  }

  /** Writes a checkpoint and removes the oldest beyond the number to keep. */
  Path save(Checkpoint checkpoint, long step, int keep) throws IOException {
    Path file = file(step);
    checkpoint.write(file);
    List<Path> newestFirst = newestFirst();
    for (Path old : newestFirst.subList(Math.min(keep, newestFirst.size()), newestFirst.size())) {
      Files.deleteIfExists(old);
    }
    return file;
  }

  /** Reads the newest that can be read; the best one is tried last. */
  Optional<Found> newestReadable() throws IOException {
    List<Path> candidates = newestFirst();
    if (Files.exists(best())) {
      candidates.add(best());
    }
    List<Path> skipped = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    for (Path file : candidates) {
      try {
        return Optional.of(new Found(file, Checkpoint.read(file), skipped));
      } catch (IOException e) {
        String reason = reason(file, e);
        LOG.log(System.Logger.Level.WARNING, "skipped a checkpoint that cannot be read: " + reason);
        skipped.add(file);
        reasons.add(reason);
      }
    }
    if (reasons.isEmpty()) {
      return Optional.empty();
    }
    throw new IOException(
        "no checkpoint in " + folder + " can be read: " + String.join("; ", reasons));
  }

  /** The system's exceptions say which file, or why, but seldom both. */
  private static String reason(Path file, IOException e) {
    String message =
        e instanceof AccessDeniedException
            ? "permission denied"
            : e.getMessage() == null || e.getMessage().equals(file.toString())
                ? e.getClass().getSimpleName()
                : e.getMessage();
    return message.contains(file.toString()) ? message : file + ": " + message;
  }

  /** Moves damaged checkpoints out of the way, so that they do not count among those to keep. */
  void setAside(List<Path> damaged) throws IOException {
    for (Path file : damaged) {
      Files.move(
          file,
          file.resolveSibling(file.getFileName() + DAMAGED),
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** The best one may be alone: it is written first, and a kill may follow. */
  void requireStep(Found found, long step) throws IOException {
    if (found.file().equals(best())) {
      found.checkpoint().write(file(step));
    }
  }

  /** The file names hold the step with leading zeros, so that their order is that of the steps. */
  private List<Path> newestFirst() throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "step-*.safetensors")) {
      found.forEach(files::add);
    }
    files.sort(Comparator.comparing((Path file) -> file.getFileName().toString()).reversed());
    return files;
  }
}
