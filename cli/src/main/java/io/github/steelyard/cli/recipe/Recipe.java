package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that decides a training run: what every training is made of, and the sections of
 * methods. Read from YAML strictly: an unknown key, a value of the wrong type or out of range is an
 * error that names file, line and key.
 *
 * @param name names the run's folder
 * @param description what the recipe is for
 * @param seed decides the initial weights, the data order and the augmentation
 * @param device {@code cpu}, {@code cuda} or {@code cuda:N}
 * @param from the trained network that it begins with: the folder of a run, whose best weights are
 *     taken, or a safetensors file; empty for random weights or those of {@code model.weights}
 * @param model which model
 * @param data which data
 * @param loss what is minimized
 * @param optimizer how weights move
 * @param schedule how the learning rate changes
 * @param train how long and how
 * @param sections what methods do, in the order in which they act
 */
public record Recipe(
    String name,
    String description,
    long seed,
    String device,
    Optional<String> from,
    ModelRecipe model,
    DataRecipe data,
    LossRecipe loss,
    OptimizerRecipe optimizer,
    ScheduleRecipe schedule,
    TrainRecipe train,
    List<Section<?>> sections)
    implements RunRecipe {
  private static final String MODEL = "model";

  /**
   * Reads a recipe without a quick variant from a tree that knows its lines.
   *
   * @param root what is written
   * @param fallback the name of a recipe that has none
   * @return the recipe
   * @throws RecipeException if it is not valid
   */
  public static Recipe read(Mapping root, String fallback) {
    return RecipeReading.read(root, fallback);
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
    ObjectNode root = Mapping.MAPPER.valueToTree(values);
    Origins origins = new Origins(source);
    Overrides.set(root, settings, origins);
    return RecipeReading.read(new Mapping(root, "", origins), "run");
  }

  /**
   * The name of a recipe that has none: its file's.
   *
   * @param file the recipe
   * @return the file's name without its ending
   */
  public static String baseName(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  /**
   * Reads a recipe that was changed: first the quick variant, then the changes, then the settings.
   *
   * @param document the file
   * @param fallback the name of a recipe that has none
   * @param quick whether to use its quick variant
   * @param changes those of a study
   * @param settings changes such as {@code optimizer.lr=0.01}
   * @return the recipe with every default filled in
   * @throws RecipeException if it is not a valid recipe
   */
  public static Recipe read(
      YamlDocument document,
      String fallback,
      boolean quick,
      List<RecipeChange> changes,
      List<String> settings) {
    return RecipeReading.read(
        Variant.of(document, quick).changed(changes).set(settings).root(), fallback);
  }

  /**
   * What a section says.
   *
   * @param <C> what it is read into
   * @param type what it is read into
   * @return empty if the recipe has no such section
   */
  public <C> Optional<C> section(Class<C> type) {
    return sections.stream()
        .map(Section::configuration)
        .filter(type::isInstance)
        .map(type::cast)
        .findFirst();
  }

  /**
   * Whether a section puts something on weights at a place.
   *
   * @param place the place
   * @return true if one does
   */
  public boolean has(RecipeSection.Place place) {
    return sections.stream().anyMatch(section -> section.kind().place() == place);
  }

  /**
   * Where the run is, as changes to another recipe: the folder of its data, and its device.
   *
   * @return settings such as {@code device=cuda}
   */
  public List<String> where() {
    return where(data.folder(), device);
  }

  /**
   * What a folder of data and a device change in a recipe.
   *
   * @param folder the folder, or null
   * @param device the device, or null
   * @return settings such as {@code device=cuda}
   */
  public static List<String> where(String folder, String device) {
    List<String> settings = new ArrayList<>();
    if (folder != null) {
      settings.add("data.folder='" + folder.replace("'", "''") + "'");
    }
    if (device != null) {
      settings.add("device=" + device);
    }
    return settings;
  }

  /**
   * The same recipe with another model.
   *
   * @param other the model
   * @return the changed recipe
   */
  public Recipe withModel(ModelRecipe other) {
    return with(from, other, data, sections);
  }

  /**
   * The same recipe with other data.
   *
   * @param other the data
   * @return the changed recipe
   */
  public Recipe withData(DataRecipe other) {
    return with(from, model, other, sections);
  }

  /**
   * The same recipe, beginning with a trained network.
   *
   * @param network the folder of a run, or a safetensors file
   * @return the changed recipe
   */
  public Recipe withFrom(Path network) {
    return with(Optional.of(network.toString()), model, data, sections);
  }

  /**
   * The same recipe, one of its sections saying something else.
   *
   * @param <C> what the section is read into
   * @param other what it says now
   * @return the changed recipe
   */
  public <C> Recipe withSection(C other) {
    List<Section<?>> changed = new ArrayList<>();
    for (Section<?> section : sections) {
      changed.add(
          section.configuration().getClass() == other.getClass()
              ? new Section<>(kind(section), other)
              : section);
    }
    return with(from, model, data, changed);
  }

  @SuppressWarnings("unchecked") // The configuration that it reads has the class of the other one.
  private static <C> RecipeSection<C> kind(Section<?> section) {
    return (RecipeSection<C>) section.kind();
  }

  /**
   * The recipe of a network that learned classes step by step, as if it had learned them at once.
   *
   * @param learning what the section that learns step by step is read into
   * @param classes the classes' names in the order of the network's outputs
   * @return the changed recipe
   */
  public Recipe allAtOnce(Class<?> learning, List<String> classes) {
    return with(
        from,
        model.withOptions(model.options().with(o -> o.classes = classes.size())),
        data.withClasses(classes),
        sections.stream().filter(own -> !learning.isInstance(own.configuration())).toList());
  }

  /**
   * Whether it trains the same network on the same data as another recipe, but for more epochs. The
   * learning rate and its schedule may differ, too.
   *
   * @param before the other recipe
   * @return true if a run of the other recipe can go on with this one
   */
  public boolean isLonger(Recipe before) {
    Set<String> other = RecipeTree.changed(before.toTree(), toTree());
    other.removeIf(
        key ->
            key.equals("train.epochs")
                || key.equals("optimizer.lr")
                || key.startsWith("schedule."));
    return train.epochs() > before.train.epochs() && other.isEmpty();
  }

  private Recipe with(
      Optional<String> from, ModelRecipe model, DataRecipe data, List<Section<?>> sections) {
    return new Recipe(
        name,
        description,
        seed,
        device,
        from,
        model,
        data,
        loss,
        optimizer,
        schedule,
        train,
        sections);
  }

  /**
   * The resolved recipe.
   *
   * @return JSON values by key; reading them again gives this recipe
   */
  public Map<String, Object> toMap() {
    return new Mapping(toTree(), "", new Origins("")).values();
  }

  @Override
  public Optional<DataRecipe> learnsFrom() {
    return Optional.of(data);
  }

  @Override
  public ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.createObjectNode();
    tree.put("name", name).put("description", description).put("seed", seed).put("device", device);
    from.ifPresent(own -> tree.put("from", own));
    tree.set(MODEL, model.toTree());
    tree.set("data", data.toTree());
    tree.set("loss", loss.toTree());
    tree.set("optimizer", optimizer.toTree());
    tree.set("schedule", schedule.toTree());
    tree.set("train", Mapping.MAPPER.valueToTree(train));
    sections.forEach(section -> tree.set(section.key(), section.toTree()));
    return tree;
  }
}
