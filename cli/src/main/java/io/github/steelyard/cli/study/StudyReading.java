package io.github.steelyard.cli.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.recipe.Origins;
import io.github.steelyard.cli.recipe.Overrides;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.Section;
import io.github.steelyard.cli.recipe.YamlDocument;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads studies, each with and without its quick variant and with the recipes of all its runs. */
final class StudyReading {
  private static final List<String> KEYS =
      List.of(
          "name",
          "description",
          "recipe",
          "command",
          "options",
          "seeds",
          "axes",
          "measures",
          "parts",
          "plot",
          "baseline",
          "from",
          "reproduces",
          "quick");

  private StudyReading() {}

  static Study read(Path file, boolean quick) throws IOException {
    YamlDocument document = YamlDocument.read(file);
    // Both are read, so that a mistake in the variant that is not used now is found too.
    Study whole = variant(file, document, false);
    Study small = variant(file, document, true);
    return quick ? small : whole;
  }

  private static Study variant(Path file, YamlDocument document, boolean quick) throws IOException {
    ObjectNode root = document.root().deepCopy();
    Origins origins = document.origins();
    ObjectNode small = new Section(root, "", origins).section("quick").node();
    if (quick) {
      root.remove("quick");
      Overrides.merge(root, small);
      origins = origins.moved("quick", "");
    }
    Study study = of(file, new Section(root, "", origins), quick);
    for (Map<String, String> setting : study.axes().settings()) {
      study.recipes().of(setting, study.seeds().get(0), List.of());
    }
    return study;
  }

  private static Study of(Path file, Section root, boolean quick) throws IOException {
    if (!root.has("axes") && root.has("model")) {
      throw root.error("", "this is a recipe, not a study: it has no key 'axes'");
    }
    root.allowOnly(KEYS);
    String name = root.text("name", Recipe.baseName(file));
    if (!name.matches(StudyAxes.LABEL)) {
      throw root.error("name", "must be letters, digits, dots, dashes and underscores");
    }
    StudyAxes axes = StudyAxes.read(root);
    StudyRecipes recipes = StudyRecipes.read(root, file, quick, axes);
    String command = root.text("command", "train");
    recipes.requireFitting(root, command);
    ResultPlaces measures = ResultPlaces.measures(root, axes);
    return new Study(
        file,
        name,
        root.text("description", ""),
        command,
        root.texts("options"),
        seeds(root),
        axes,
        recipes,
        measures,
        ResultPlaces.parts(root, axes),
        axes.numbers(root.section("plot"), "x"),
        axes.values(root, "baseline"),
        root.optional("reproduces", own -> Reproduction.read(own, axes, measures.names())));
  }

  private static List<Long> seeds(Section root) {
    if (!(root.get("seeds") instanceof ArrayNode list) || list.isEmpty()) {
      throw root.error("seeds", "must be a list of whole numbers, such as [0, 1, 2]");
    }
    List<Long> seeds = new ArrayList<>();
    for (JsonNode seed : list) {
      if (!seed.isIntegralNumber() || seeds.contains(seed.longValue())) {
        throw root.error(
            "seeds",
            "must be different whole numbers, but there is "
                + YamlDocument.kind(seed)
                + (seed.isIntegralNumber() ? " twice" : ""));
      }
      seeds.add(seed.longValue());
    }
    return seeds;
  }
}
