package io.github.steelyard.cli.run;

import io.github.steelyard.train.Callback;
import io.github.steelyard.train.TrainingContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Tries a few steps of a training, to tell what the whole would take. */
final class TrialSteps implements Callback {
  /** The first steps make what later ones find ready. */
  private static final int WARM_UP = 2;

  private static final int STEPS = 6;
  private static final Path STATUS = Path.of("/proc/self/status");

  private final Runnable stop;
  private final List<Double> seconds = new ArrayList<>();
  private long begin = System.nanoTime();

  private TrialSteps(Runnable stop) {
    this.stop = stop;
  }

  /** The training cannot be used afterwards. */
  static Work.Estimate of(Training training) throws IOException {
    TrialSteps trial = new TrialSteps(training.trainer()::requestStop);
    training.trainer().callback("trial", trial).run();
    return new Work.Estimate(training.totalSteps(), trial.median(), memory());
  }

  @Override
  public void afterStep(TrainingContext context) {
    long now = System.nanoTime();
    seconds.add((now - begin) / 1e9);
    begin = now;
    if (seconds.size() >= STEPS) {
      stop.run();
    }
  }

  private double median() {
    List<Double> counted =
        new ArrayList<>(seconds.subList(Math.min(WARM_UP, seconds.size() - 1), seconds.size()));
    Collections.sort(counted);
    return counted.get(counted.size() / 2);
  }

  /**
   * The most memory that the process has had, native memory included; 0 where that is not known.
   */
  private static long memory() {
    if (!Files.isReadable(STATUS)) {
      return 0;
    }
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
