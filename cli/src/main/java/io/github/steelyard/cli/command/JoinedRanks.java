package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.Reason;
import io.github.steelyard.cli.console.StoppedException;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.DistributedEnvironment;
import io.github.steelyard.runtime.DistributedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** A command that several processes do together, if the environment says so: rank 0 speaks. */
final class JoinedRanks {
  private JoinedRanks() {}

  /** Does the work, alone or with others. */
  static int run(Output output, AtomicFile.Work<Integer> work) throws IOException {
    UsageException.unless(() -> DistributedEnvironment.of(System.getenv()));
    try (Distributed ranks = Distributed.fromEnvironment()) {
      if (ranks.size() == 1) {
        return work.run();
      }
      var err = output.err();
      ranks.onFailure(
          message -> {
            err.println("error: " + message);
            err.flush();
          });
      if (!ranks.isLeader()) {
        output.silence();
      }
      try {
        return AtomicFile.together(work);
      } catch (DistributedException | StoppedException e) {
        throw e; // All ranks have it.
      } catch (IOException | RuntimeException e) {
        ranks.fail(Reason.describe(Reason.unwrapped(e)));
        throw e;
      }
    }
  }

  /** Refuses ranks that would do something else. */
  static void requireSame(RunRecipe recipe) throws IOException {
    Distributed.current()
        .requireSame("recipe", new String(recipe.toBytes(), StandardCharsets.UTF_8));
  }
}
