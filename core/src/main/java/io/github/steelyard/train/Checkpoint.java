package io.github.steelyard.train;

import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.State;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/**
 * Everything that a run needs to continue, in one safetensors file: the states of the model, the
 * optimizer and whatever else was training, each a part, and where they come from. Tensors are
 * named {@code part/name}; plain values and the provenance are JSON in the file's metadata.
 *
 * <pre>{@code
 * new Checkpoint(
 *         Map.of("model", new State(model.stateDict(), Map.of()), "optimizer", optimizer.state()),
 *         Map.of())
 *     .write(file);
 *
 * Checkpoint saved = Checkpoint.read(file);
 * model.loadStateDict(saved.part("model").tensors());
 * optimizer.restore(saved.part("optimizer"));
 * }</pre>
 *
 * <p>Files are written whole or not at all. They carry a checksum of all that they hold, and
 * whatever is read is compared with it: a tensor when it is read, plain values, names and shapes
 * always.
 *
 * @param parts states by part, such as {@code model}; no name holds a slash
 * @param provenance where the weights come from: JSON values by key, empty if unknown
 */
public record Checkpoint(Map<String, State> parts, Map<String, Object> provenance) {
  static final String MODEL = "model";
  static final String POSITION = "trainer";
  private static final String FORMAT = "steelyard.checkpoint";
  private static final String VERSION = "2";

  /** Its files have a checksum of their tensors only. */
  private static final String BEFORE = "1";

  private static final String VALUES = "steelyard.values";
  private static final String PROVENANCE = "steelyard.provenance";
  static final String SCORED = "scored";
  private static final String CHECKSUM = "steelyard.crc32c";

  /**
   * Copies the maps, not the tensors.
   *
   * @param parts states by part
   * @param provenance JSON values by key
   * @throws IllegalArgumentException if the name of a part is empty or holds a slash
   */
  public Checkpoint {
    for (String name : parts.keySet()) {
      if (name.isEmpty() || name.contains("/")) {
        throw new IllegalArgumentException(
            "'" + name + "' cannot name a part: it must not be empty or hold a slash");
      }
    }
    parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
    provenance = Collections.unmodifiableMap(new LinkedHashMap<>(provenance));
  }

  /**
   * One part.
   *
   * @param name such as {@code model}
   * @return its state
   * @throws IllegalArgumentException if there is no such part; the message lists them
   */
  public State part(String name) {
    State state = parts.get(name);
    if (state == null) {
      throw new IllegalArgumentException(
          "the checkpoint has no part '" + name + "'; it has " + parts.keySet());
    }
    return state;
  }

  /**
   * Writes the file whole or not at all.
   *
   * @param file the file to create or replace; its folder must exist
   * @throws IOException if it cannot be written; the file is then as it was before
   * @throws IllegalArgumentException if a value is not a JSON value or a tensor cannot be stored
   */
  public void write(Path file) throws IOException {
    Map<String, Tensor> tensors = new TreeMap<>();
    Map<String, Map<String, Object>> values = new LinkedHashMap<>();
    parts.forEach(
        (part, state) -> {
          state.tensors().forEach((name, tensor) -> tensors.put(part + "/" + name, tensor));
          values.put(part, state.values());
        });
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(FORMAT, VERSION);
    metadata.put(VALUES, Json.write(values));
    metadata.put(PROVENANCE, Json.write(provenance));
    SafeTensors.write(file, tensors, metadata);
  }

  /**
   * Reads a whole file.
   *
   * @param file a file that {@link #write} made
   * @return the checkpoint; its tensors belong to the scope around the caller
   * @throws FileFormatException if it is not a checkpoint or is damaged; the message says why
   * @throws IOException if it cannot be read
   */
  public static Checkpoint read(Path file) throws IOException {
    try (SafeTensorsFile stored = SafeTensors.open(file)) {
      Map<String, Map<String, Object>> values = values(file, stored);
      Map<String, Tensor> tensors = new TreeMap<>(stored.readAll());
      if (!stored.hasChecksum()) {
        requireChecksumOfTensors(file, stored.metadata(), tensors);
      }
      Map<String, State> parts = new LinkedHashMap<>();
      values.forEach((part, own) -> parts.put(part, new State(tensorsOf(part, tensors), own)));
      return new Checkpoint(parts, json(file, stored.metadata(), PROVENANCE));
    }
  }

  private static void requireChecksumOfTensors(
      Path file, Map<String, String> metadata, Map<String, Tensor> tensors)
      throws FileFormatException {
    String expected = required(file, metadata, CHECKSUM);
    String found = TensorChecksum.of(tensors);
    if (!found.equals(expected)) {
      throw new FileFormatException(
          file, "is damaged: the checksum of its tensors is " + found + ", not " + expected);
    }
  }

  /**
   * Reads one part only, such as the model to evaluate it.
   *
   * @param file a file that {@link #write} made
   * @param part such as {@code model}
   * @return the part's state; its tensors belong to the scope around the caller
   * @throws FileFormatException if it is not a checkpoint, is damaged or lacks the part
   * @throws IOException if it cannot be read
   */
  public static State readPart(Path file, String part) throws IOException {
    try (SafeTensorsFile stored = SafeTensors.open(file)) {
      Map<String, Map<String, Object>> values = values(file, stored);
      if (!values.containsKey(part)) {
        throw new FileFormatException(
            file, "has no part '" + part + "'; it has " + values.keySet());
      }
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (String name : stored.tensors().keySet()) {
        if (name.startsWith(part + "/")) {
          tensors.put(name.substring(part.length() + 1), stored.read(name));
        }
      }
      return new State(tensors, values.get(part));
    }
  }

  /**
   * Tells which part holds the weights whose score the run monitors, and by which it chose its best
   * checkpoint: these are the ones to evaluate, export and go on with.
   *
   * @param file a file that {@link #write} made
   * @return {@code average} where the run monitors a metric of the averaged weights, else {@code
   *     model}
   * @throws FileFormatException if it is not a checkpoint or is damaged
   * @throws IOException if it cannot be read
   */
  public static String scoredPart(Path file) throws IOException {
    try (SafeTensorsFile stored = SafeTensors.open(file)) {
      Map<String, Map<String, Object>> values = values(file, stored);
      Object scored = values.getOrDefault(POSITION, Map.of()).getOrDefault(SCORED, MODEL);
      if (!values.containsKey(String.valueOf(scored))) {
        throw new FileFormatException(
            file, "lacks the part '" + scored + "', which was scored; it has " + values.keySet());
      }
      return String.valueOf(scored);
    }
  }

  /**
   * Reads the weights whose score the run monitors, and by which it chose its best checkpoint: the
   * average's where a metric of the average is monitored, else the model's. These are the ones to
   * evaluate, export and go on with.
   *
   * @param file a file that {@link #write} made
   * @return tensors by their names in the model's state dict; they belong to the scope around the
   *     caller
   * @throws FileFormatException if it is not a checkpoint, is damaged or lacks these weights
   * @throws IOException if it cannot be read
   */
  public static Map<String, Tensor> readScored(Path file) throws IOException {
    return WeightAverage.weights(readPart(file, scoredPart(file)));
  }

  /**
   * Reads where a checkpoint comes from, and no tensor.
   *
   * @param file a file that {@link #write} made
   * @return JSON values by key
   * @throws FileFormatException if it is not a checkpoint
   * @throws IOException if it cannot be read
   */
  public static Map<String, Object> readProvenance(Path file) throws IOException {
    try (SafeTensorsFile stored = SafeTensors.open(file)) {
      return json(file, stored.metadata(), PROVENANCE);
    }
  }

  private static Map<String, Map<String, Object>> values(Path file, SafeTensorsFile stored)
      throws FileFormatException {
    Map<String, String> metadata = stored.metadata();
    String version = metadata.get(FORMAT);
    if (version == null) {
      throw new FileFormatException(
          file, "is a safetensors file but not a checkpoint: its metadata lacks " + FORMAT);
    }
    if (!version.equals(VERSION) && !version.equals(BEFORE)) {
      throw new FileFormatException(
          file, "is a checkpoint of version " + version + "; this Steelyard reads " + VERSION);
    }
    if (version.equals(VERSION) && !stored.hasChecksum()) {
      throw new FileFormatException(
          file,
          "is damaged, or was changed after it was written: it has no checksum, which every"
              + " checkpoint of version "
              + VERSION
              + " has");
    }
    Map<String, Map<String, Object>> values = new LinkedHashMap<>();
    for (Map.Entry<String, Object> entry : json(file, metadata, VALUES).entrySet()) {
      values.put(
          entry.getKey(), Json.object(file, VALUES + "." + entry.getKey(), entry.getValue()));
    }
    return values;
  }

  private static Map<String, Object> json(Path file, Map<String, String> metadata, String key)
      throws FileFormatException {
    return Json.read(file, key, required(file, metadata, key));
  }

  private static String required(Path file, Map<String, String> metadata, String key)
      throws FileFormatException {
    String text = metadata.get(key);
    if (text == null) {
      throw new FileFormatException(file, "is not a whole checkpoint: its metadata lacks " + key);
    }
    return text;
  }

  private static Map<String, Tensor> tensorsOf(String part, Map<String, Tensor> tensors) {
    Map<String, Tensor> own = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          if (name.startsWith(part + "/")) {
            own.put(name.substring(part.length() + 1), tensor);
          }
        });
    return own;
  }

  /**
   * Refuses a state that is not the same in all ranks, but for times.
   *
   * @param when for the message, such as {@code after step 3}
   * @throws io.github.steelyard.runtime.DistributedException in all ranks if one has another; the
   *     message names the first tensor that differs
   */
  public void requireSameInAllRanks(String when) {
    RankStates.requireSame(Distributed.current(), this, when);
  }
}
