package io.github.steelyard.cli.study;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeException;
import io.github.steelyard.cli.recipe.RunRecipe;
import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.cli.run.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A grid of runs: one recipe, changed in every combination of the values of some axes, with several
 * seeds. Read from YAML as strictly as a recipe.
 *
 * <pre>
 * recipe: compander-mlp.yaml       # beside this file
 * seeds: [0, 1, 2]
 * axes:
 *   variant:
 *     none: {compander: null}
 *     dropout: {compander: null, model: {dropout: 0.3}}
 *   images:
 *     1000: {data: {train_samples: 1000}}
 * </pre>
 *
 * <p>Other keys: {@code name} and {@code description}; {@code measures}, a mapping of a column's
 * name to the place of its number in a run's {@code results.json} ({@code accuracy:
 * metrics.accuracy} if not given); {@code baseline}, a mapping of axes to the value that others are
 * compared with; {@code parts}, a mapping like {@code measures} of numbers that a run has for each
 * of its parts, with {@code *} for the parts' names ({@code condition:
 * pruning.spectra.layers.*.effective_condition_number}); {@code plot}, whose {@code x} names an
 * axis of numbers that measures are drawn over, and {@code by} the axes that have lines of their
 * own (all others if not given; over the rest each seed is averaged); {@code start}, a recipe
 * beside the study that is trained once and that every run begins {@code from}, or once for each
 * seed ({@code start_per_seed: true}) and once for each {@code start: {...}} in the values of axes,
 * which changes it; {@code reproduces}, what it tells about papers ({@link Reproduction}); and
 * {@code quick}, which replaces keys. In the places of {@code measures} and {@code parts}, {@code
 * {strategy}} stands for the run's value of the axis {@code strategy}; in those of measures, {@code
 * *} stands for the only name at its place.
 *
 * @param file where the study was read from
 * @param name names the study's folder: letters, digits, dots, dashes and underscores
 * @param description what the study is for; may be empty
 * @param seeds the seeds of each setting; at least one
 * @param axes what is varied
 * @param recipes what each run does
 * @param measures what is measured of each run
 * @param parts what is measured of each part of a run, such as a layer; may name nothing
 * @param plot the axis of numbers that measures are drawn over; empty if the study names none
 * @param baseline values of axes that others are compared with; empty if nothing is compared
 * @param reproduction its methods and claims; empty if it is not about a paper
 * @param changes further changes to the recipe of every run, such as {@code device=cuda}
 * @param chosen the settings that are run and shown
 * @param written the study as it is written
 */
public record Study(
    Path file,
    String name,
    String description,
    List<Long> seeds,
    StudyAxes axes,
    StudyRecipes recipes,
    ResultPlaces measures,
    ResultPlaces parts,
    Optional<StudyPlot> plot,
    Map<String, String> baseline,
    Optional<Reproduction> reproduction,
    List<String> changes,
    List<Map<String, String>> chosen,
    ObjectNode written)
    implements RunRecipe {
  /**
   * Copies the collections.
   *
   * @param file where the study was read from
   * @param name names the study's folder
   * @param description what the study is for
   * @param seeds the seeds of each setting
   * @param axes what is varied
   * @param recipes what each run does
   * @param measures what is measured of each run
   * @param parts what is measured of each part of a run
   * @param plot the axis of numbers that measures are drawn over
   * @param baseline values of axes that others are compared with
   * @param reproduction its methods and claims
   * @param changes further changes to every recipe
   * @param chosen the settings that are run and shown
   * @param written the study as it is written
   */
  public Study {
    seeds = List.copyOf(seeds);
    baseline = Collections.unmodifiableMap(new LinkedHashMap<>(baseline));
  }

  /**
   * Reads a study and every recipe of it.
   *
   * @param file the YAML file
   * @param quick whether to use its quick variant, and that of its recipe
   * @return the study
   * @throws IOException if it or its recipe cannot be read
   * @throws RecipeException if it is not a valid study, or one of its recipes is not valid
   */
  public static Study read(Path file, boolean quick) throws IOException {
    return StudyReading.read(YamlDocument.read(file), Recipe.baseName(file), quick, List.of());
  }

  /**
   * The same study, of which only a part is run and shown.
   *
   * @param only conditions such as {@code model=mlp}
   * @return the changed study
   * @throws IllegalArgumentException if a condition names no axis or value, or none has all
   */
  public Study only(List<String> only) {
    List<Map<String, String>> some = axes.settings(only);
    if (some.isEmpty()) {
      throw new IllegalArgumentException("no setting of the study has all values of --only");
    }
    return with(changes, some);
  }

  /**
   * The same study with further changes to the recipe of every run.
   *
   * @param more such as {@code device=cuda}
   * @return the changed study
   */
  public Study changed(List<String> more) {
    return with(more, chosen);
  }

  private Study with(List<String> more, List<Map<String, String>> some) {
    return new Study(
        file,
        name,
        description,
        seeds,
        axes,
        recipes,
        measures,
        parts,
        plot,
        baseline,
        reproduction,
        more,
        some,
        written);
  }

  /**
   * What its finished runs measured.
   *
   * @param folder the study's folder
   * @return the results of the chosen settings
   * @throws IOException if a run's results cannot be read
   */
  StudyResults results(Path folder) throws IOException {
    return new StudyResults(this, chosen, StudyRun.all(this, axes.settings(), folder));
  }

  /**
   * What is finished of it, without running anything.
   *
   * @param folder the study's folder
   * @return as if it had ended
   * @throws IOException if a run's results cannot be read
   */
  public Ended shown(Path folder) throws IOException {
    StudyResults results = results(folder);
    Map<String, Table> tables = new LinkedHashMap<>();
    tables.put("", results.table());
    return new Ended(
        folder,
        true,
        "",
        Json.MAPPER.valueToTree(results.toJson()),
        tables,
        ReportPart.EMPTY,
        Optional.of(folder.resolve("report.html")).filter(Files::exists));
  }

  /** Names its recipes by their whole paths, so that it can be read again from its folder. */
  @Override
  public ObjectNode toTree() {
    ObjectNode tree = written.deepCopy();
    for (String key : List.of("recipe", "start")) {
      if (tree.hasNonNull(key)) {
        Path beside = file.resolveSibling(tree.get(key).asText());
        tree.put(key, beside.toAbsolutePath().normalize().toString());
      }
    }
    return tree;
  }

  /**
   * The setting that another one is compared with: the one with the baseline's values and else its
   * own.
   *
   * @param setting a combination of the axes' values
   * @return the other combination; the same one if there is no baseline or it is the baseline
   */
  Map<String, String> baselineOf(Map<String, String> setting) {
    Map<String, String> other = new LinkedHashMap<>(setting);
    other.putAll(baseline);
    return other;
  }

  /**
   * Whether settings are compared with a baseline.
   *
   * @return false if the study names none
   */
  boolean hasBaseline() {
    return !baseline.isEmpty();
  }
}
