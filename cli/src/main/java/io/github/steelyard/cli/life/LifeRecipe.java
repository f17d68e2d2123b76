package io.github.steelyard.cli.life;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.DataRecipe;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Origins;
import io.github.steelyard.cli.recipe.Overrides;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeChange;
import io.github.steelyard.cli.recipe.RecipeException;
import io.github.steelyard.cli.recipe.RecipeKeys;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.cli.section.AttackRecipe;
import java.util.List;
import java.util.Optional;

/**
 * A network's whole life: what all stages share (model, data, seed), and the stages in their order.
 * Read from YAML as strictly as a recipe; an order that makes no sense is refused with the reason.
 *
 * <pre>
 * model: {name: resnet8}
 * data: {name: fashion-mnist}
 * stages:
 *   - kind: train
 *     optimizer: {name: adamp}
 *     quick: {train: {epochs: 1}}
 *   - kind: export
 *     formats: [onnx]
 * </pre>
 */
public final class LifeRecipe implements RunRecipe {
  private static final String STAGES = "stages";
  private static final String QUICK = "quick";
  static final List<String> KEYS =
      List.of("name", "description", "seed", "device", "model", "data", "attack", STAGES, QUICK);

  private final Mapping root;
  private final String name;
  private final String description;
  private final Optional<AttackRecipe> attack;
  private final List<LifeStage> stages;
  private final String weights;

  private LifeRecipe(Mapping root, String fallback) {
    if (!root.has(STAGES)) {
      throw needsStages(root);
    }
    root.allowOnly(KEYS);
    this.root = root;
    name = RecipeKeys.name(root, fallback);
    description = root.text("description", "");
    attack = root.optional("attack", AttackRecipe::readWithEpsilon);
    weights = root.section("model").text("weights", null);
    LifeStages reading = new LifeStages(root, name);
    stages = root.sections(STAGES, "[{kind: train, optimizer: {name: adamp}}]", reading::read);
    if (stages.isEmpty()) {
      throw needsStages(root);
    }
  }

  private static RecipeException needsStages(Mapping root) {
    return root.error(
        "", "a life needs the key 'stages', a list such as [{kind: train}, {kind: export}]");
  }

  /**
   * Reads a life with the changes of a study: first its own quick variant, then the changes, then
   * the quick variants of the stages, then the settings.
   */
  static LifeRecipe changed(
      YamlDocument base,
      boolean quick,
      String fallback,
      List<RecipeChange> changes,
      List<String> settings) {
    ObjectNode root = base.root().deepCopy();
    Origins origins = without(root, "", base.origins(), quick);
    for (RecipeChange change : changes) {
      Overrides.merge(root, change.values());
      origins = origins.under(change.origins(), change.path());
    }
    if (root.get(STAGES) instanceof ArrayNode list) {
      for (int i = 0; i < list.size(); i++) {
        if (list.get(i) instanceof ObjectNode stage) {
          origins = without(stage, Origins.join(STAGES, String.valueOf(i)), origins, quick);
        }
      }
    }
    Overrides.set(root, settings, origins);
    return new LifeRecipe(new Mapping(root, "", origins), fallback);
  }

  /** Takes the quick variant out of a section, after applying it if it is wanted. */
  private static Origins without(ObjectNode section, String path, Origins origins, boolean quick) {
    ObjectNode changes = new Mapping(section, path, origins).section(QUICK).node();
    section.remove(QUICK);
    if (!quick) {
      return origins;
    }
    Overrides.merge(section, changes);
    return origins.moved(Origins.join(path, QUICK), path);
  }

  /**
   * Names the life's folder.
   *
   * @return letters, digits, dots, dashes and underscores
   */
  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    return description;
  }

  /**
   * How the network is attacked after each stage.
   *
   * @return empty if it is not
   */
  Optional<AttackRecipe> attack() {
    return attack;
  }

  /**
   * What happens, in its order.
   *
   * @return at least one stage
   */
  public List<LifeStage> stages() {
    return List.copyOf(stages);
  }

  /** With the quick variant and settings applied, without defaults. */
  @Override
  public ObjectNode toTree() {
    return root.node().deepCopy();
  }

  /** Whether this is what was lived before and further stages after it. */
  boolean isLonger(RunRecipe before) {
    if (!(before instanceof LifeRecipe shorter) || stages.size() <= shorter.stages.size()) {
      return false;
    }
    ObjectNode first = toTree();
    ArrayNode list = first.withArray(STAGES);
    while (list.size() > shorter.stages.size()) {
      list.remove(list.size() - 1);
    }
    return shorter.differences(new LifeRecipe(root.asRoot(first), name)).isEmpty();
  }

  /**
   * The weights that the network begins with.
   *
   * @return a safetensors file, or empty for random weights
   */
  Optional<String> weights() {
    return Optional.ofNullable(weights);
  }

  @Override
  public Optional<DataRecipe> learnsFrom() {
    return stages.get(0).recipe().map(Recipe::data);
  }

  /**
   * The classes that the first stage learns.
   *
   * @return their names in the order of the model's outputs; empty for all of the data
   */
  List<String> firstClasses() {
    return stages.get(0).recipe().map(recipe -> recipe.data().classes()).orElse(List.of());
  }
}
