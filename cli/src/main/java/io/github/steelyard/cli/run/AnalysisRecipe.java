package io.github.steelyard.cli.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeKeys;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.RecipeSections;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.recipe.Section;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A look at the network of another run: sections that do nothing in training, such as {@code
 * attack}, {@code export} and {@code explain}, without a training.
 *
 * @param name names the run's folder
 * @param description what the recipe is for
 * @param from the folder of the run whose network is looked at
 * @param settings what is changed in that run's recipe: where its data are, where to compute
 * @param sections what is done with the network
 * @param root where all of it was written
 */
public record AnalysisRecipe(
    String name,
    String description,
    Path from,
    List<String> settings,
    List<Section<?>> sections,
    Mapping root)
    implements RunRecipe {
  private static final String DATA = "data";
  private static final String FOLDER = "folder";
  private static final String DEVICE = "device";

  static AnalysisRecipe read(Mapping root, String fallback) {
    List<String> keys = new ArrayList<>(List.of("name", "description", "from", DATA, DEVICE));
    RecipeSections.load().requireKnown(root, keys);
    Mapping data = root.section(DATA);
    data.allowOnly(List.of(FOLDER));
    List<String> settings = new ArrayList<>();
    Optional.ofNullable(data.text(FOLDER, null))
        .ifPresent(folder -> settings.add("data.folder='" + folder.replace("'", "''") + "'"));
    if (root.has(DEVICE)) {
      settings.add("device=" + RecipeKeys.device(root));
    }
    List<Section<?>> sections = RecipeSections.load().read(root);
    for (Section<?> section : sections) {
      if (section.kind().place() != RecipeSection.Place.AFTER) {
        throw root.error(
            section.key(),
            "acts in a training, but this recipe has none: it lacks 'optimizer', 'model' and"
                + " 'data'");
      }
    }
    return new AnalysisRecipe(
        RecipeKeys.name(root, fallback),
        root.text("description", ""),
        Path.of(root.requiredText("from", "runs/adamp")),
        settings,
        sections,
        root);
  }

  /** Refuses sections that do not suit the network. */
  void check(Recipe network) {
    sections.forEach(section -> section.check(network, root.section(section.key())));
  }

  @Override
  public ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.createObjectNode();
    tree.put("name", name).put("description", description).put("from", from.toString());
    if (root.has(DEVICE)) {
      tree.put(DEVICE, RecipeKeys.device(root));
    }
    if (root.has(DATA)) {
      tree.set(DATA, root.section(DATA).node());
    }
    sections.forEach(section -> tree.set(section.key(), section.toTree()));
    return tree;
  }
}
