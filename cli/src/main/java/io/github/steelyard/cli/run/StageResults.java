package io.github.steelyard.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;

/** What the stages after a training have left in {@code results.json}, under one key. */
final class StageResults {
  private final RunDirectory run;
  private final String key;
  private final ObjectNode done;

  /**
   * Reads what is there.
   *
   * @throws IOException if {@code results.json} cannot be read
   */
  StageResults(RunDirectory run, String key) throws IOException {
    this.run = run;
    this.key = key;
    done =
        Output.JSON.valueToTree(RunResults.read(run)).get(key) instanceof ObjectNode before
            ? before
            : Output.JSON.createObjectNode();
  }

  boolean has(String stage) {
    return done.has(stage);
  }

  /** What a stage left; a missing node if nothing. */
  JsonNode get(String stage) {
    return done.path(stage);
  }

  /** Forgets what a stage left, in memory; the next {@link #save} writes it. */
  void remove(String stage) {
    done.remove(stage);
  }

  /**
   * Writes what a stage leaves.
   *
   * @throws IOException if {@code results.json} cannot be written
   */
  void save(String stage, Object value) throws IOException {
    done.set(stage, Output.JSON.valueToTree(value));
    RunResults.put(run, key, done);
  }
}
