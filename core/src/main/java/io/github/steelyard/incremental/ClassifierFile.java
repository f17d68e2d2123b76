package io.github.steelyard.incremental;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Provenance;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * A grown classifier in a safetensors file, with its class map: the number of classes, their order
 * and their names are read from the file, so that it can be loaded without knowing them. Other
 * programs read the weights as from any {@link ModelFile}.
 */
public final class ClassifierFile {
  /** The key of a file's metadata under which the class map stands, as JSON. */
  public static final String CLASSES = "steelyard.classes";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private ClassifierFile() {}

  /**
   * Writes a model whole or not at all.
   *
   * @param file the file to create or replace; its folder must exist
   * @param model the classifier
   * @param classes which row of its last layer means which class
   * @param provenance what made the weights
   * @throws IOException if the file cannot be written; it is then as it was before
   */
  public static void save(Path file, Module model, ClassMap classes, Provenance provenance)
      throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "pt"); // Hugging Face's loaders insist on it.
    metadata.put(ModelFile.PROVENANCE, JSON.writeValueAsString(provenance));
    metadata.put(CLASSES, JSON.writeValueAsString(classes.toValues()));
    SafeTensors.write(file, model.stateDict(), metadata);
  }

  /**
   * Whether a file has a class map.
   *
   * @param file a safetensors file
   * @return true if {@link #save} wrote it
   * @throws FileFormatException if it is no safetensors file
   * @throws IOException if it cannot be read
   */
  public static boolean isClassifier(Path file) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      return open.metadata().containsKey(CLASSES);
    }
  }

  /**
   * Reads which classes a file's model knows, and no tensor.
   *
   * @param file a file that {@link #save} wrote
   * @return the class map
   * @throws FileFormatException if the file is damaged or has no class map
   * @throws IOException if it cannot be read
   */
  public static ClassMap classes(Path file) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      String json = open.metadata().get(CLASSES);
      if (json == null) {
        throw new FileFormatException(
            file, "has no class map: its metadata lacks '" + CLASSES + "'");
      }
      return ClassMap.of(
          JSON.readValue(json, new TypeReference<LinkedHashMap<String, Object>>() {}));
    } catch (JsonProcessingException e) {
      throw new FileFormatException(
          file, "the metadata '" + CLASSES + "' is damaged: " + e.getOriginalMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(
          file, "the metadata '" + CLASSES + "' is damaged: " + e.getMessage(), e);
    }
  }

  /**
   * Makes the model of a file.
   *
   * @param file a file that {@link #save} wrote
   * @param backbone makes a model with as many classes as it is told
   * @return the model with the file's weights
   * @throws FileFormatException if the file is damaged or has no class map
   * @throws IllegalArgumentException if the backbone is another one; the message lists what differs
   * @throws IOException if it cannot be read
   */
  public static Module load(Path file, IntFunction<Module> backbone) throws IOException {
    Module model = backbone.apply(classes(file).size());
    ModelFile.loadStrict(file, model);
    return model;
  }
}
