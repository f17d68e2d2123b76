package io.github.steelyard.cli;

import io.github.steelyard.cli.recipe.DataRecipe;
import io.github.steelyard.data.BatchTransform;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Preprocessing;
import io.github.steelyard.data.Split;
import io.github.steelyard.data.Subset;
import io.github.steelyard.data.Transform;
import io.github.steelyard.data.ValueTransform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The data that a recipe describes, open. */
final class RecipeData {
  private final DataRecipe recipe;
  private final DatasetSource source;
  private final long seed;

  RecipeData(DataRecipe recipe, long seed) {
    this.recipe = recipe;
    this.source = UsageException.unless(() -> Datasets.get(recipe.name()));
    this.seed = seed;
  }

  /** The training batches: shuffled and augmented by the recipe's seed. */
  DataLoader training() throws IOException {
    List<BatchTransform> mixing = new ArrayList<>();
    recipe.mixup().ifPresent(mixing::add);
    return new DataLoader(
        open(Split.TRAIN, recipe.loading().trainSamples()),
        preprocessing(),
        mixing,
        workers(LoaderConfiguration.training(recipe.loading().batchSize(), seed)));
  }

  /** The test batches, in order and without augmentation. */
  DataLoader test() throws IOException {
    return new DataLoader(
        open(Split.TEST, recipe.loading().testSamples()),
        source.evaluation(),
        workers(LoaderConfiguration.evaluation(recipe.loading().evaluationBatchSize())));
  }

  private Dataset open(Split split, int samples) throws IOException {
    requireFolder(source, recipe.folder() == null);
    Dataset whole =
        recipe.folder() == null ? source.open(split) : source.open(split, Path.of(recipe.folder()));
    if (samples == 0 || samples == whole.size()) {
      return whole;
    }
    if (samples > whole.size()) {
      throw new UsageException(whole.name() + " has " + whole.size() + " samples, not " + samples);
    }
    // The subset does not depend on the run's seed: seeds of one recipe see the same samples.
    return Subset.stratified(whole, samples, 0);
  }

  /**
   * Asks for the folder where a data set needs one.
   *
   * @throws UsageException if it is missing
   */
  static void requireFolder(DatasetSource source, boolean isMissing) {
    if (isMissing && source.needsFolder()) {
      throw new UsageException(
          "the data set '"
              + source.name()
              + "' needs the folder that holds its files ("
              + source.files()
              + "): name it with --data DIR");
    }
  }

  private Preprocessing preprocessing() {
    if (recipe.augment().isEmpty()) {
      return source.training();
    }
    List<Transform> transforms = new ArrayList<>();
    List<ValueTransform> valueTransforms = new ArrayList<>();
    for (Record step : recipe.augment().get()) {
      if (step instanceof Transform transform) {
        transforms.add(transform);
      } else {
        valueTransforms.add((ValueTransform) step);
      }
    }
    return new Preprocessing(transforms, source.training().normalization(), valueTransforms);
  }

  private LoaderConfiguration workers(LoaderConfiguration configuration) {
    Integer workers = recipe.loading().workers();
    return workers == null ? configuration : configuration.withWorkers(workers);
  }

  /** The fingerprints for the provenance. */
  static Map<String, String> fingerprints(DataLoader training, DataLoader test) {
    Map<String, String> fingerprints = new LinkedHashMap<>();
    fingerprints.put("train", training.dataset().fingerprint());
    fingerprints.put("test", test.dataset().fingerprint());
    return fingerprints;
  }
}
