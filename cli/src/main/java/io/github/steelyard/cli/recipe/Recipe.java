package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.github.steelyard.compander.CompanderConfiguration;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Everything that decides a training run. Read from YAML strictly: an unknown key, a value of the
 * wrong type or out of range is an error that names file, line and key.
 *
 * @param name names the run's folder
 * @param description what the recipe is for
 * @param seed decides the initial weights, the data order and the augmentation
 * @param device {@code cpu}, {@code cuda} or {@code cuda:N}
 * @param model which model
 * @param data which data
 * @param loss what is minimized
 * @param optimizer how weights move
 * @param schedule how the learning rate changes
 * @param train how long and how
 * @param quantization how the model is quantized; empty for full precision
 * @param penalties what is asked of the weights themselves
 * @param pruning how the model is pruned; empty for not at all
 * @param compander how weights are companded; empty for not at all
 * @param incremental how classes are learned step by step; empty for all at once
 * @param added sections of methods from outside this project, in the order of their keys
 */
public record Recipe(
    String name,
    String description,
    long seed,
    String device,
    ModelRecipe model,
    DataRecipe data,
    LossRecipe loss,
    OptimizerRecipe optimizer,
    ScheduleRecipe schedule,
    TrainRecipe train,
    Optional<QuantizationRecipe> quantization,
    PenaltiesRecipe penalties,
    Optional<PruningRecipe> pruning,
    Optional<CompanderConfiguration> compander,
    Optional<IncrementalRecipe> incremental,
    List<AddedSection<?>> added)
    implements RunRecipe {
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .build();

  /**
   * Reads a recipe.
   *
   * @param file the YAML file
   * @param quick whether to use its quick variant
   * @param settings changes such as {@code optimizer.lr=0.01}
   * @return the recipe with every default filled in
   * @throws IOException if the file cannot be read
   * @throws RecipeException if it is not a valid recipe, with or without its quick variant
   */
  public static Recipe read(Path file, boolean quick, List<String> settings) throws IOException {
    YamlDocument document = YamlDocument.read(file);
    return RecipeReading.of(document.root(), document.origins(), baseName(file), quick, settings);
  }

  /**
   * Reads a recipe from memory.
   *
   * @param source what to call it in messages
   * @param content YAML in UTF-8
   * @param quick whether to use its quick variant
   * @param settings changes such as {@code optimizer.lr=0.01}
   * @return the recipe with every default filled in
   * @throws RecipeException if it is not a valid recipe, with or without its quick variant
   */
  public static Recipe parse(String source, byte[] content, boolean quick, List<String> settings) {
    YamlDocument document = YamlDocument.parse(source, content);
    return RecipeReading.of(document.root(), document.origins(), "run", quick, settings);
  }

  /**
   * Reads a resolved recipe from values, as a provenance holds them.
   *
   * @param source what to call it in messages
   * @param values JSON values by key, of {@link #toMap()}
   * @param settings changes such as {@code device=cuda}
   * @return the recipe
   * @throws RecipeException if it is not a valid recipe
   */
  public static Recipe of(String source, Map<String, ?> values, List<String> settings) {
    ObjectNode root = Section.MAPPER.valueToTree(values);
    return RecipeReading.of(root, new Origins(source), "run", false, settings);
  }

  public static String baseName(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  /** Values that replace those of a recipe, and where they were written. */
  public record Change(ObjectNode values, Origins origins, String path) {}

  /**
   * The same recipe with another model.
   *
   * @param other the model
   * @return the changed recipe
   */
  public Recipe withModel(ModelRecipe other) {
    return with(other, data, incremental);
  }

  /**
   * The same recipe with another way to learn step by step.
   *
   * @param other how classes are learned step by step
   * @return the changed recipe
   */
  public Recipe withIncremental(IncrementalRecipe other) {
    return with(model, data, Optional.of(other));
  }

  /**
   * The recipe of a network that learned classes step by step, as if it had learned them at once.
   *
   * @param classes the classes' names in the order of the network's outputs
   * @return the changed recipe
   */
  public Recipe allAtOnce(List<String> classes) {
    return with(
        new ModelRecipe(
            model.name(), model.options().with(o -> o.classes = classes.size()), model.weights()),
        data.withClasses(classes),
        Optional.empty());
  }

  private Recipe with(ModelRecipe model, DataRecipe data, Optional<IncrementalRecipe> learned) {
    return new Recipe(
        name,
        description,
        seed,
        device,
        model,
        data,
        loss,
        optimizer,
        schedule,
        train,
        quantization,
        penalties,
        pruning,
        compander,
        learned,
        added);
  }

  /**
   * What another recipe would do differently. Where it runs and where its data lie do not count.
   *
   * @param other the other recipe
   * @return such as {@code "optimizer.lr is 0.1, not 0.01"}; empty if both do the same
   */
  public List<String> differences(Recipe other) {
    return differences(toTree(), other.toTree());
  }

  @Override
  public List<String> differencesOf(Path written) throws IOException {
    return read(written, false, List.of()).differences(this);
  }

  @Override
  public boolean doesTheSameAs(RunRecipe other) {
    return other instanceof Recipe own && differences(own).isEmpty();
  }

  public static List<String> differences(ObjectNode one, ObjectNode other) {
    Map<String, Object> mine = new TreeMap<>();
    Map<String, Object> theirs = new TreeMap<>();
    flatten("", one, mine);
    flatten("", other, theirs);
    Set<String> keys = new TreeSet<>(mine.keySet());
    keys.addAll(theirs.keySet());
    keys.removeAll(List.of("name", "description", "device", "data.folder", "data.workers"));
    return keys.stream()
        .filter(key -> !Objects.equals(mine.get(key), theirs.get(key)))
        .map(key -> difference(key, mine.get(key), theirs.get(key)))
        .toList();
  }

  private static String difference(String key, Object mine, Object theirs) {
    if (mine == null) {
      return key + " was not given, but is " + theirs + " now";
    }
    return key + " is " + mine + (theirs == null ? ", but is not given now" : ", not " + theirs);
  }

  private static void flatten(String path, JsonNode node, Map<String, Object> into) {
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .forEach(entry -> flatten(Origins.join(path, entry.getKey()), entry.getValue(), into));
    } else if (node instanceof ArrayNode list && !list.isEmpty() && list.get(0).isObject()) {
      for (int i = 0; i < list.size(); i++) {
        flatten(Origins.join(path, String.valueOf(i)), list.get(i), into);
      }
    } else {
      into.put(path, node.toString());
    }
  }

  /**
   * The resolved recipe.
   *
   * @return JSON values by key; reading them again gives this recipe
   */
  public Map<String, Object> toMap() {
    return new Section(toTree(), "", new Origins("")).values();
  }

  /**
   * The resolved recipe as a file.
   *
   * @return YAML; reading it again gives this recipe
   */
  public String toYaml() {
    return toYaml(toTree());
  }

  public static String toYaml(ObjectNode tree) {
    try {
      return YAML.writeValueAsString(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the recipe cannot be written as YAML", e);
    }
  }

  /**
   * The resolved recipe as a file's content.
   *
   * @return YAML in UTF-8
   */
  @Override
  public byte[] toBytes() {
    return toYaml().getBytes(StandardCharsets.UTF_8);
  }

  ObjectNode toTree() {
    ObjectNode tree = Section.MAPPER.createObjectNode();
    tree.put("name", name).put("description", description).put("seed", seed).put("device", device);
    tree.set("model", model.toTree());
    tree.set("data", data.toTree());
    tree.set("loss", loss.toTree());
    tree.set("optimizer", optimizer.toTree());
    tree.set("schedule", schedule.toTree());
    tree.set("train", Section.MAPPER.valueToTree(train));
    quantization.ifPresent(own -> tree.set("quantization", own.toTree()));
    if (!penalties.penalties().isEmpty()) {
      tree.set("penalties", penalties.toTree());
    }
    pruning.ifPresent(own -> tree.set("pruning", own.toTree()));
    compander.ifPresent(own -> tree.set("compander", CompanderRecipe.toTree(own)));
    incremental.ifPresent(own -> tree.set("incremental", own.toTree()));
    added.forEach(section -> tree.set(section.key(), section.toTree()));
    return tree;
  }
}
