package io.github.steelyard.cli;

import io.github.steelyard.cli.console.ExtractionProgress;
import io.github.steelyard.runtime.NativeExtraction;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.List;

/**
 * Does in one process what most commands begin with, so that the launcher can archive the classes
 * that they need. What the commands print goes nowhere; that native libraries are extracted is told
 * on the standard output.
 */
public final class Rehearsal {
  private static final List<String> COMMANDS =
      List.of("--help", "run --help", "version", "version --json", "methods", "models", "recipes");

  private Rehearsal() {}

  /**
   * Runs the commands; one that fails, as where the native libraries do not load, stops no other.
   *
   * @param arguments none
   */
  public static void main(String[] arguments) {
    NativeExtraction.listen(ExtractionProgress.toStandardOutput());
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    for (String command : COMMANDS) {
      Main.run(nowhere, nowhere, command.split(" "));
    }
  }
}
