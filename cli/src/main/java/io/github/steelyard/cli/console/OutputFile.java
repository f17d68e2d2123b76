package io.github.steelyard.cli.console;

import java.nio.file.Files;
import java.nio.file.Path;

/** A file that a command is to write at its end. */
public final class OutputFile {
  private OutputFile() {}

  /**
   * Refuses a file that could not be written, before anything is computed.
   *
   * @param option that named it, such as {@code --report}
   * @param file the file; null for none
   * @throws UsageException if its folder is missing or cannot be written, or it is a folder itself
   */
  public static void require(String option, Path file) {
    if (file == null) {
      return;
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || Files.isDirectory(file)) {
      throw new UsageException(option + ": " + file + " is a folder; name a file in it");
    }
    if (!Files.isDirectory(folder)) {
      throw new UsageException(option + ": there is no folder " + folder);
    }
    if (!Files.isWritable(folder)) {
      throw new UsageException(option + ": the folder " + folder + " cannot be written");
    }
  }
}
