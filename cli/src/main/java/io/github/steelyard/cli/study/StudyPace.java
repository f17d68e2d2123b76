package io.github.steelyard.cli.study;

import io.github.steelyard.cli.report.Numbers;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How long the missing runs of some studies still take, judged by those that are done. */
public final class StudyPace {
  private final Map<String, Part> parts = new LinkedHashMap<>();

  /** The runs of one study. */
  private static final class Part {
    private final double expected;
    private int missing;
    private int done;
    private double seconds;

    Part(double expected) {
      this.expected = expected;
    }

    double mean() {
      return seconds / done;
    }
  }

  /**
   * Adds a study.
   *
   * @param study whose runs they are
   * @param runs those that are to be made, finished ones included
   * @throws IOException if what they left cannot be read
   */
  public void add(Study study, List<StudyRun> runs) throws IOException {
    Part part = new Part(study.reproduction().map(Reproduction::secondsPerRun).orElse(0.0));
    for (StudyRun run : runs) {
      if (run.isFinished()) {
        double seconds = run.seconds();
        part.done += seconds > 0 ? 1 : 0;
        part.seconds += Math.max(0, seconds);
      } else {
        part.missing++;
      }
    }
    parts.put(study.name(), part);
  }

  /** One run has ended. */
  void done(Study study, double seconds) {
    Part part = parts.get(study.name());
    part.missing--;
    part.done++;
    part.seconds += seconds;
  }

  /**
   * How many runs are missing.
   *
   * @return at least 0
   */
  public int missing() {
    return parts.values().stream().mapToInt(part -> part.missing).sum();
  }

  /**
   * Such as {@code about 2 h 10 min left}; empty if nothing is known.
   *
   * @return a text for people
   */
  public String left() {
    double ratio = machineRatio();
    double seconds = 0;
    boolean all = true;
    for (Part part : parts.values()) {
      if (part.missing > 0) {
        double each = part.done > 0 ? part.mean() : ratio * part.expected;
        seconds += part.missing * each;
        all &= each > 0;
      }
    }
    if (seconds == 0) {
      return "";
    }
    return (all ? "about " : "at least ") + Numbers.duration(seconds) + " left";
  }

  /** How much longer runs take here than on the machine of the studies' own expectations. */
  private double machineRatio() {
    double expected = 0;
    double measured = 0;
    for (Part part : parts.values()) {
      if (part.done > 0 && part.expected > 0) {
        expected += part.expected;
        measured += part.mean();
      }
    }
    return expected > 0 ? measured / expected : 1;
  }
}
