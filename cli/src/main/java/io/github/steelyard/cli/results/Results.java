package io.github.steelyard.cli.results;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** What was left in {@code results.json} under one key, value by value as it was done. */
public final class Results {
  private final RunDirectory run;
  private final String key;
  private final ObjectNode done;

  private Results(RunDirectory run, String key, ObjectNode done) {
    this.run = run;
    this.key = key;
    this.done = done;
  }

  /**
   * Reads what is there.
   *
   * @throws IOException if {@code results.json} cannot be read
   */
  public static Results of(RunDirectory run, String key) throws IOException {
    return new Results(
        run,
        key,
        Output.JSON.valueToTree(RunResults.read(run)).get(key) instanceof ObjectNode before
            ? before
            : Output.JSON.createObjectNode());
  }

  /** Whether a value is there. */
  public boolean has(String name) {
    return done.has(name);
  }

  /** A value; a missing node if it is not there. */
  public JsonNode get(String name) {
    return done.path(name);
  }

  /** Numbers by name. */
  public Map<String, Double> numbers(String name) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    get(name).properties().forEach(e -> numbers.put(e.getKey(), e.getValue().asDouble()));
    return numbers;
  }

  /** All values. */
  public JsonNode all() {
    return done;
  }

  /** Forgets a value, in memory; the next {@link #save} writes it. */
  public void remove(String name) {
    done.remove(name);
  }

  /**
   * Writes a value.
   *
   * @throws IOException if {@code results.json} cannot be written
   */
  public void save(String name, Object value) throws IOException {
    done.set(name, Output.JSON.valueToTree(value));
    RunResults.put(run, key, done);
  }

  /**
   * Writes several values.
   *
   * @throws IOException if {@code results.json} cannot be written
   */
  public void saveAll(Map<String, ?> values) throws IOException {
    values.forEach((name, value) -> done.set(name, Output.JSON.valueToTree(value)));
    RunResults.put(run, key, done);
  }
}
