package io.github.steelyard.cli.study;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.RecipeKeys;
import io.github.steelyard.cli.recipe.Variant;
import io.github.steelyard.cli.recipe.YamlDocument;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads studies, each with and without its quick variant and with the recipes of all its runs. */
final class StudyReading {
  private StudyReading() {}

  static Study read(YamlDocument document, String fallback, boolean quick, List<String> changes)
      throws IOException {
    // Both are read, so that a mistake in the variant that is not used now is found too.
    Study whole = variant(document, fallback, false, changes);
    Study small = variant(document, fallback, true, changes);
    return quick ? small : whole;
  }

  private static Study variant(
      YamlDocument document, String fallback, boolean quick, List<String> changes)
      throws IOException {
    Mapping root = Variant.of(document, quick).root();
    Study study = of(Path.of(document.source()), root, fallback, quick, changes);
    for (Map<String, String> setting : study.axes().settings()) {
      long seed = study.seeds().get(0);
      study.recipes().of(setting, seed, Optional.empty(), List.of());
      study.recipes().start(setting, seed, List.of());
    }
    return study;
  }

  private static Study of(
      Path file, Mapping root, String fallback, boolean quick, List<String> changes)
      throws IOException {
    root.allowOnly(RecipeKeys.STUDY);
    StudyAxes axes = StudyAxes.read(root);
    StudyRecipes recipes = StudyRecipes.read(root, file, quick, axes);
    ResultPlaces measures = ResultPlaces.measures(root, axes);
    return new Study(
        file,
        RecipeKeys.name(root, fallback),
        root.text("description", ""),
        seeds(root),
        axes,
        recipes,
        measures,
        ResultPlaces.parts(root, axes),
        StudyPlot.read(root, axes),
        axes.values(root, "baseline"),
        root.optional("reproduces", own -> Reproduction.read(own, axes, measures.names())),
        changes,
        axes.settings(),
        root.node());
  }

  private static List<Long> seeds(Mapping root) {
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
