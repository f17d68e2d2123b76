package io.github.steelyard.bench.campaign;

import io.github.steelyard.bench.campaign.Children.Child;
import io.github.steelyard.bench.campaign.Children.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Asks runs to stop by SIGTERM, as Ctrl-C does by SIGINT, at any moment. The command ends after its
 * step, says how to go on and begins nothing else, and the run goes on to the same end.
 */
final class Terminations extends Disturbed {
  private static final int TERMINATED = 128 + 15;
  private static final String STOPPING = "stopping after this step";

  Terminations(Path folder, long seed) throws IOException {
    super(folder, seed);
  }

  @Override
  Optional<String> disturb(Case each) throws IOException, InterruptedException {
    return atSomeMoment(each, (child, moment) -> terminate(each, child, moment));
  }

  private static Optional<String> terminate(Case each, Child child, String moment)
      throws IOException, InterruptedException {
    long begun = parts(each.run().folder());
    child.process().destroy();
    each.blows().add(moment);
    Ended ended = child.await();
    if (ended.code() == TERMINATED) {
      return Optional.empty(); // It had not begun to listen, or was at its end.
    }
    boolean stopped = ended.code() == 1 && ended.err().contains(STOPPING);
    if (ended.code() != 0 && !(stopped && ended.err().contains("continue with: "))) {
      return Optional.of("SIGTERM ends it with " + ended.lastWords());
    }
    // One may have been on its way when the signal came.
    return stopped && parts(each.run().folder()) > begun + 1
        ? Optional.of(
            "went from %d to %d parts after it had said that it stops"
                .formatted(begun, parts(each.run().folder())))
        : Optional.empty();
  }

  /** How many runs there are within the run. */
  private static long parts(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return 0;
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(file -> file.endsWith("run.json")).count();
    } catch (java.io.UncheckedIOException e) { // A file that was there is gone.
      return parts(folder);
    }
  }
}
