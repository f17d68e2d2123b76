package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.life.LifeRecipe;
import io.github.steelyard.cli.life.StageKeys;
import java.util.ArrayList;
import java.util.List;

/** Reads recipes, and checks which sections can stand beside each other. */
public final class RecipeReading {
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

  private RecipeReading() {}

  /** Reads a recipe with or without its quick variant. */
  static Recipe of(
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

  /**
   * Reads a recipe with the changes of a study: first the quick variant, then the changes, then the
   * settings.
   */
  public static Recipe changed(
      YamlDocument base,
      boolean quick,
      String name,
      List<Recipe.Change> changes,
      List<String> settings) {
    ObjectNode root = base.root().deepCopy();
    ObjectNode small = new Section(root, "", base.origins()).section("quick").node();
    root.remove("quick");
    Origins origins = base.origins();
    if (quick) {
      Overrides.merge(root, small);
      origins = origins.moved("quick", "");
    }
    for (Recipe.Change change : changes) {
      Overrides.merge(root, change.values());
      origins = origins.under(change.origins(), change.path());
    }
    root.put("name", name);
    Overrides.set(root, settings, origins);
    return read(new Section(root, "", origins), name);
  }

  /** Reads a recipe without a quick variant. */
  public static Recipe read(Section root, String name) {
    if (root.node().has("stages")) {
      throw root.error(
          "stages", "this is the recipe of a network's whole life; run it with steelyard life");
    }
    if (root.node().has("axes")) {
      throw root.error("axes", "this is a study; run it with steelyard study");
    }
    AddedSections sections = sections();
    sections.requireKnown(root, KEYS);
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
    TrainRecipe train = root.section("train").read(TrainRecipe.class, TrainRecipe.defaults());
    Recipe recipe =
        new Recipe(
            named,
            root.text("description", ""),
            root.integer("seed", 0),
            device,
            ModelRecipe.read(root.section("model")),
            DataRecipe.read(root.section("data")),
            LossRecipe.read(root.section("loss")),
            OptimizerRecipe.read(root.section("optimizer")),
            ScheduleRecipe.read(root.section("schedule")),
            train,
            root.optional("quantization", own -> QuantizationRecipe.read(own, train.epochs())),
            PenaltiesRecipe.read(root.section("penalties")),
            root.optional("pruning", own -> PruningRecipe.read(own, train.epochs())),
            root.optional("compander", CompanderRecipe::read),
            root.optional("incremental", IncrementalReading::read),
            sections.read(root));
    check(root.section("loss"), recipe);
    if (recipe.incremental().isPresent()) {
      IncrementalLimits.check(root, recipe);
    }
    return recipe;
  }

  /** What a loss can be beside other sections. */
  private static void check(Section loss, Recipe recipe) {
    double smoothing = recipe.loss().labelSmoothing();
    if (recipe.data().mixup().isPresent() && smoothing > 0) {
      throw loss.error(
          "label_smoothing",
          "must be 0 with data.mixup, which smooths the labels itself, but is " + smoothing);
    }
    if (recipe.quantization().isEmpty()
        && recipe.loss().teacher().filter(TeacherRecipe::isFullPrecision).isPresent()) {
      throw loss.error(
          "teacher",
          "must be a model with weights where nothing is quantized; full_precision is the model"
              + " that a recipe with a section 'quantization' starts from");
    }
  }

  /** The sections that jars on the class path add. */
  public static AddedSections sections() {
    return AddedSections.load(taken());
  }

  /** Keys that mean something in recipes or in the stages of a life. */
  static List<String> taken() {
    List<String> taken = new ArrayList<>(KEYS);
    taken.addAll(StageKeys.keysOfAll());
    taken.addAll(LifeRecipe.KEYS);
    return taken;
  }
}
