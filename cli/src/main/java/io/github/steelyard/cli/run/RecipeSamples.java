package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.DataRecipe;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.NoisyLabels;
import io.github.steelyard.data.Split;
import io.github.steelyard.data.Subset;
import io.github.steelyard.incremental.ClassMap;
import io.github.steelyard.runtime.Suggestion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;

/**
 * Which samples a recipe means: those of its classes, as many as it wants, without those it holds
 * back, some of them under wrong labels.
 *
 * @param recipe which data
 * @param source the data set that it names, with its options
 */
public record RecipeSamples(DataRecipe recipe, DatasetSource source) {
  /** What is trained on. */
  Dataset training() throws IOException {
    int held = recipe.loading().validationSamples();
    int samples = recipe.loading().trainSamples();
    Dataset chosen =
        named(held == 0 ? drawn(Split.TRAIN, samples) : chosen(heldBack().complement(), samples));
    return recipe.labelNoise().isEmpty()
        ? chosen
        : new NoisyLabels(
            chosen, recipe.labelNoise().get().fraction(), recipe.labelNoise().get().seed());
  }

  /** What the recipe holds back from the training data. */
  Dataset validation() throws IOException {
    return named(heldBack());
  }

  /** What is tested on. */
  Dataset test() throws IOException {
    return named(drawn(Split.TEST, recipe.loading().testSamples()));
  }

  /** Like every subset, it does not depend on the run's seed. */
  private Subset heldBack() throws IOException {
    Dataset whole = ofClasses(whole(Split.TRAIN));
    int held = recipe.loading().validationSamples();
    if (held >= whole.size()) {
      throw new UsageException(
          whole.name()
              + " has "
              + whole.size()
              + " samples, so data.validation_samples can hold back "
              + (whole.size() - 1)
              + " at most, not "
              + held);
    }
    return Subset.stratified(whole, held, 1);
  }

  /** The samples of the recipe's classes, under the labels of the whole; all if it names none. */
  private Dataset ofClasses(Dataset whole) {
    if (recipe.classes().isEmpty() || recipe.isDrawnFirst()) {
      return whole;
    }
    requireClasses(whole);
    int[] indices =
        IntStream.range(0, whole.size())
            .filter(i -> recipe.classes().contains(whole.classNames().get(whole.label(i))))
            .toArray();
    return new Subset(whole, whole.name(), indices);
  }

  /** Labels in the order of the recipe's classes, if it names some. */
  private Dataset named(Dataset whole) {
    if (recipe.classes().isEmpty()) {
      return whole;
    }
    requireClasses(whole);
    return UsageException.unless(() -> ClassMap.empty().with(recipe.classes()).select(whole));
  }

  private void requireClasses(Dataset whole) {
    for (String name : recipe.classes()) {
      if (!whole.classNames().contains(name)) {
        throw new UsageException(
            whole.name()
                + " has no class '"
                + name
                + "'"
                + Suggestion.clause(name, whole.classNames()));
      }
    }
  }

  /** So many samples of the recipe's classes, or the whole for 0. */
  private Dataset drawn(Split split, int samples) throws IOException {
    Dataset whole = whole(split);
    return samples == 0 ? whole : chosen(ofClasses(whole), samples);
  }

  /**
   * Asks for the folder where a data set needs one.
   *
   * @param source which data
   * @param isMissing whether no folder was given
   * @throws UsageException if it is missing
   */
  public static void requireFolder(DatasetSource source, boolean isMissing) {
    if (isMissing && source.needsFolder()) {
      throw new UsageException(
          "the data set '"
              + source.name()
              + "' needs the folder that holds its files ("
              + source.files()
              + "): name it with --data DIR");
    }
  }

  /** All samples of a split, of all classes. */
  Dataset whole(Split split) throws IOException {
    requireFolder(source, recipe.folder() == null);
    return recipe.folder() == null
        ? source.open(split)
        : source.open(split, Path.of(recipe.folder()));
  }

  /** So many samples, or all for 0: the same share of each class. */
  static Dataset chosen(Dataset whole, int samples) {
    if (samples == 0 || samples == whole.size()) {
      return whole;
    }
    if (samples > whole.size()) {
      throw new UsageException(whole.name() + " has " + whole.size() + " samples, not " + samples);
    }
    // The subset does not depend on the run's seed: seeds of one recipe see the same samples.
    return Subset.stratified(whole, samples, 0);
  }
}
