package io.github.steelyard.cli.console;

import io.github.steelyard.runtime.NativeExtraction;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Says that native libraries are extracted; on a terminal a bar shows how far it is. */
public final class ExtractionProgress implements NativeExtraction.Listener {
  private static final long MEGABYTE = 1_000_000;

  private final PrintWriter err;
  private Progress bar;
  private boolean begun;

  /**
   * Creates it; nothing is printed unless there is something to extract.
   *
   * @param err where the line goes
   */
  public ExtractionProgress(PrintWriter err) {
    this.err = err;
  }

  /**
   * For a start whose standard error is not seen.
   *
   * @return it prints to the standard output
   */
  public static ExtractionProgress toStandardOutput() {
    return new ExtractionProgress(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
  }

  @Override
  public void extracted(Path folder, long done, long total) {
    if (!begun) {
      begun = true;
      err.printf(
          "extracting native libraries of %d MB into %s (once) ...%n", total / MEGABYTE, folder);
      err.flush();
      if (Terminal.isInteractive()) {
        bar = Progress.start(err, Math.max(1, total / MEGABYTE));
        bar.task("MB extracted");
      }
    }
    if (bar != null) {
      bar.update(done / MEGABYTE, "");
      if (done == total) {
        bar.close();
      }
    }
  }
}
