package io.github.steelyard.bench.campaign;

import java.io.IOException;
import java.nio.file.Path;

/** The sorts of blows. */
enum Sort {
  /** SIGKILL to runs of every kind. */
  KILLS("kills", 500) {
    @Override
    Part open(Path folder, long seed) throws IOException, InterruptedException {
      return new Kills(folder, seed, 6).shareClasses();
    }
  },
  /** SIGTERM to runs of every kind. */
  TERMINATIONS("SIGTERM", 60) {
    @Override
    Part open(Path folder, long seed) throws IOException, InterruptedException {
      return new Terminations(folder, seed).shareClasses();
    }
  },
  /** Runs on disks that fill. */
  DISKS("full disks", 60) {
    @Override
    Part open(Path folder, long seed) throws IOException, InterruptedException {
      return new FullDisks(folder, seed).shareClasses();
    }
  },
  /** Runs whose clock jumps. */
  CLOCKS("jumping clocks", 21) {
    @Override
    Part open(Path folder, long seed) throws IOException, InterruptedException {
      return new Clocks(folder, seed).shareClasses();
    }
  },
  /** SIGKILL and SIGSTOP to one rank of two, or to their launcher. */
  RANKS("lost ranks", 30) {
    @Override
    Part open(Path folder, long seed) throws IOException {
      return new LostRanks(folder, seed);
    }
  },
  /** SIGKILL while native libraries are extracted. */
  EXTRACTIONS("kills in native extraction", 15) {
    @Override
    Part open(Path folder, long seed) throws IOException, InterruptedException {
      return new Extractions(folder, seed);
    }
  },
  /** SIGTERM to a program of a library's user. */
  SIGNALS("SIGTERM in backward", 120) {
    @Override
    Part open(Path folder, long seed) throws IOException, InterruptedException {
      return new Signals(folder, seed);
    }
  },
  /** Damaged files for every reader. */
  INPUTS("damaged inputs", 100_000) {
    @Override
    Part open(Path folder, long seed) throws Exception {
      return new Readers(folder, seed, KnownReaders.in(folder));
    }
  },
  /** Folders with links in them. */
  LINKS("links and names", 1000) {
    @Override
    Part open(Path folder, long seed) throws IOException {
      return new Links(folder, seed);
    }
  },
  /** Steps of training in one process. */
  STEPS("soak: steps", 100_000) {
    @Override
    Part open(Path folder, long seed) throws IOException {
      return new Soak(folder, seed);
    }
  },
  /** Exports in one process. */
  EXPORTS("soak: exports", 5000) {
    @Override
    Part open(Path folder, long seed) throws IOException {
      return new Exports(folder);
    }
  },
  /** Damaged files in the folder of a finished run. */
  RUNS("damaged runs", 1000) {
    @Override
    Part open(Path folder, long seed) throws IOException {
      return new DamagedRuns(folder, seed);
    }
  };

  private final String label;
  private final long goal;

  Sort(String label, long goal) {
    this.label = label;
    this.goal = goal;
  }

  String label() {
    return label;
  }

  /** How many blows a whole campaign has. */
  long goal() {
    return goal;
  }

  /**
   * Makes everything ready.
   *
   * @param folder may be filled
   * @param seed decides all cases
   */
  abstract Part open(Path folder, long seed) throws Exception;
}
