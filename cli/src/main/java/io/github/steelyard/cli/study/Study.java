package io.github.steelyard.cli.study;

import io.github.steelyard.cli.recipe.RecipeException;
import java.io.IOException;
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
 * <p>Other keys: {@code name} and {@code description}; {@code command}, which runs each recipe
 * ({@code train} if not given; {@code life} if it has stages), and {@code options}, a mapping of
 * its further options; {@code measures}, a mapping of a column's name to the place of its number in
 * a run's {@code results.json} ({@code accuracy: metrics.accuracy} if not given); {@code baseline},
 * a mapping of axes to the value that others are compared with; {@code parts}, a mapping like
 * {@code measures} of numbers that a run has for each of its parts, with {@code *} for the parts'
 * names ({@code condition: pruning.spectra.layers.*.effective_condition_number}); {@code plot},
 * whose {@code x} names an axis of numbers that measures are drawn over; {@code from}, a recipe
 * beside the study that is trained once and given to every run's command with {@code --from};
 * {@code reproduces}, what it tells about papers ({@link Reproduction}); and {@code quick}, which
 * replaces keys. In the places of {@code measures} and {@code parts}, {@code {strategy}} stands for
 * the run's value of the axis {@code strategy}.
 *
 * @param file where the study was read from
 * @param name names the study's folder: letters, digits, dots, dashes and underscores
 * @param description what the study is for; may be empty
 * @param command the command that runs each recipe, such as {@code train}
 * @param options its further options by name, without dashes; {@code {seed}} in a value stands for
 *     the run's seed
 * @param seeds the seeds of each setting; at least one
 * @param axes what is varied
 * @param recipes what each run does
 * @param measures what is measured of each run
 * @param parts what is measured of each part of a run, such as a layer; may name nothing
 * @param x the axis of numbers that measures are drawn over; empty if the study names none
 * @param baseline values of axes that others are compared with; empty if nothing is compared
 * @param reproduction its methods and claims; empty if it is not about a paper
 */
public record Study(
    Path file,
    String name,
    String description,
    String command,
    Map<String, String> options,
    List<Long> seeds,
    StudyAxes axes,
    StudyRecipes recipes,
    ResultPlaces measures,
    ResultPlaces parts,
    Optional<String> x,
    Map<String, String> baseline,
    Optional<Reproduction> reproduction) {
  /**
   * Copies the collections.
   *
   * @param file where the study was read from
   * @param name names the study's folder
   * @param description what the study is for
   * @param command the command that runs each recipe
   * @param options its further options by name
   * @param seeds the seeds of each setting
   * @param axes what is varied
   * @param recipes what each run does
   * @param measures what is measured of each run
   * @param parts what is measured of each part of a run
   * @param x the axis of numbers that measures are drawn over
   * @param baseline values of axes that others are compared with
   * @param reproduction its methods and claims
   */
  public Study {
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
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
    return StudyReading.read(file, quick);
  }

  /**
   * The setting that another one is compared with: the one with the baseline's values and else its
   * own.
   *
   * @param setting a combination of the axes' values
   * @return the other combination; the same one if there is no baseline or it is the baseline
   */
  public Map<String, String> baselineOf(Map<String, String> setting) {
    Map<String, String> other = new LinkedHashMap<>(setting);
    other.putAll(baseline);
    return other;
  }

  /**
   * Whether settings are compared with a baseline.
   *
   * @return false if the study names none
   */
  public boolean hasBaseline() {
    return !baseline.isEmpty();
  }
}
