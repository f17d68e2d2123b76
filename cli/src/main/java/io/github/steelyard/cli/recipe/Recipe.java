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
    Optional<IncrementalRecipe> incremental) {
  private static final List<String> KEYS =
      List.of(
          "name",
          "description",
          "seed",
          "device",
          "model",
          "data",
          "loss",
          "optimizer",
          "schedule",
          "train",
          "quantization",
          "penalties",
          "pruning",
          "compander",
          "incremental",
          "quick");

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
    return of(document.root(), document.origins(), baseName(file), quick, settings);
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
    return of(document.root(), document.origins(), "run", quick, settings);
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
    return of(root, new Origins(source), "run", false, settings);
  }

  static String baseName(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  /**
   * Reads a recipe with the changes of a study: first the quick variant, then the changes, then the
   * settings.
   */
  static Recipe changed(
      YamlDocument base, boolean quick, String name, List<Change> changes, List<String> settings) {
    ObjectNode root = base.root().deepCopy();
    ObjectNode small = new Section(root, "", base.origins()).section("quick").node();
    root.remove("quick");
    Origins origins = base.origins();
    if (quick) {
      Overrides.merge(root, small);
      origins = origins.moved("quick", "");
    }
    for (Change change : changes) {
      Overrides.merge(root, change.values());
      origins = origins.under(change.origins(), change.path());
    }
    root.put("name", name);
    Overrides.set(root, settings, origins);
    return read(new Section(root, "", origins), name);
  }

  /** Values that replace those of a recipe, and where they were written. */
  record Change(ObjectNode values, Origins origins, String path) {}

  private static Recipe of(
      ObjectNode root, Origins origins, String name, boolean quick, List<String> settings) {
    ObjectNode changes = new Section(root, "", origins).section("quick").node();
    root.remove("quick");
    ObjectNode quickRoot = root.deepCopy();
    Overrides.merge(quickRoot, changes);
    Origins quickOrigins = origins.moved("quick", "");
    Overrides.set(root, settings, origins);
    Overrides.set(quickRoot, settings, quickOrigins);
    // Both are read, so that a mistake in the variant that is not used now is found too.
    Recipe whole = read(new Section(root, "", origins), name);
    Recipe small = read(new Section(quickRoot, "", quickOrigins), name);
    return quick ? small : whole;
  }

  static Recipe read(Section root, String name) {
    if (root.node().has("stages")) {
      throw root.error(
          "stages",
          "must be left to 'steelyard life'; its stages are runs of their own, in the folders of"
              + " the life");
    }
    root.allowOnly(KEYS);
    if (root.node().has("quick")) {
      throw root.error("quick", "must be set in the file; --set changes the variant in use");
    }
    String named = root.text("name", name);
    if (!named.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")) {
      throw root.error(
          "name", "must be letters, digits, dots, dashes and underscores, but is '" + named + "'");
    }
    String device = root.text("device", "cpu");
    if (!device.matches("cpu|cuda(:\\d{1,3})?")) {
      throw root.error("device", "must be cpu, cuda or cuda:N, but is '" + device + "'");
    }
    DataRecipe data = DataRecipe.read(root.section("data"));
    LossRecipe loss = LossRecipe.read(root.section("loss"));
    if (data.mixup().isPresent() && loss.labelSmoothing() > 0) {
      throw root.section("loss")
          .error(
              "label_smoothing",
              "must be 0 with data.mixup, which smooths the labels itself, but is "
                  + loss.labelSmoothing());
    }
    TrainRecipe train = root.section("train").read(TrainRecipe.class, TrainRecipe.defaults());
    Optional<QuantizationRecipe> quantization =
        root.has("quantization")
            ? Optional.of(QuantizationRecipe.read(root.section("quantization"), train.epochs()))
            : Optional.empty();
    if (quantization.isEmpty()
        && loss.teacher().filter(TeacherRecipe::isFullPrecision).isPresent()) {
      throw root.section("loss")
          .error(
              "teacher",
              "must be a model with weights where nothing is quantized; full_precision is the model"
                  + " that a recipe with a section 'quantization' starts from");
    }
    Recipe recipe =
        new Recipe(
            named,
            root.text("description", ""),
            root.integer("seed", 0),
            device,
            ModelRecipe.read(root.section("model")),
            data,
            loss,
            OptimizerRecipe.read(root.section("optimizer")),
            ScheduleRecipe.read(root.section("schedule")),
            train,
            quantization,
            PenaltiesRecipe.read(root.section("penalties")),
            root.has("pruning")
                ? Optional.of(PruningRecipe.read(root.section("pruning"), train.epochs()))
                : Optional.empty(),
            root.has("compander")
                ? Optional.of(CompanderRecipe.read(root.section("compander")))
                : Optional.empty(),
            root.has("incremental")
                ? Optional.of(IncrementalRecipe.read(root.section("incremental")))
                : Optional.empty());
    if (recipe.incremental().isPresent()) {
      IncrementalLimits.check(root, recipe);
    }
    return recipe;
  }

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
        new ModelRecipe(model.name(), model.options().withClasses(classes.size()), model.weights()),
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
        learned);
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

  static List<String> differences(ObjectNode one, ObjectNode other) {
    Map<String, Object> mine = new TreeMap<>();
    Map<String, Object> theirs = new TreeMap<>();
    flatten("", one, mine);
    flatten("", other, theirs);
    Set<String> keys = new TreeSet<>(mine.keySet());
    keys.addAll(theirs.keySet());
    keys.removeAll(List.of("name", "description", "device", "data.folder", "data.workers"));
    return keys.stream()
        .filter(key -> !Objects.equals(mine.get(key), theirs.get(key)))
        .map(key -> key + " is " + mine.get(key) + ", not " + theirs.get(key))
        .toList();
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

  static String toYaml(ObjectNode tree) {
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
    return tree;
  }
}
