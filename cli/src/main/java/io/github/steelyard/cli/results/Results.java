package io.github.steelyard.cli.results;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Json;
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
   * @param run the run's folder
   * @param key under which the values stand
   * @return what is there, and the way to add to it
   * @throws IOException if {@code results.json} cannot be read
   */
  public static Results of(RunDirectory run, String key) throws IOException {
    return new Results(
        run,
        key,
        Json.MAPPER.valueToTree(RunResults.read(run)).get(key) instanceof ObjectNode before
            ? before
            : Json.MAPPER.createObjectNode());
  }

  /**
   * Whether a value is there.
   *
   * @param name under the key
   * @return true if it was saved
   */
  public boolean has(String name) {
    return done.has(name);
  }

  /**
   * A value; a missing node if it is not there.
   *
   * @param name under the key
   * @return the value
   */
  public JsonNode get(String name) {
    return done.path(name);
  }

  /**
   * Numbers by name.
   *
   * @param name of an object of numbers
   * @return none if it is not there
   */
  public Map<String, Double> numbers(String name) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    get(name).properties().forEach(e -> numbers.put(e.getKey(), e.getValue().asDouble()));
    return numbers;
  }

  /**
   * All values.
   *
   * @return an object
   */
  public JsonNode all() {
    return done;
  }

  /**
   * Writes a value.
   *
   * @param name under the key
   * @param value anything that Jackson can write
   * @throws IOException if {@code results.json} cannot be written
   */
  public void save(String name, Object value) throws IOException {
    done.set(name, Json.MAPPER.valueToTree(value));
    RunResults.put(run, key, done);
  }

  /**
   * Writes several values.
   *
   * @param values by their names
   * @throws IOException if {@code results.json} cannot be written
   */
  public void saveAll(Map<String, ?> values) throws IOException {
    values.forEach((name, value) -> done.set(name, Json.MAPPER.valueToTree(value)));
    RunResults.put(run, key, done);
  }
}
