package io.github.steelyard.cli.incremental;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.DataRecipe;
import io.github.steelyard.cli.run.RecipeData;
import io.github.steelyard.cli.run.RecipeSamples;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.ImageShape;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Split;
import io.github.steelyard.incremental.MergedDataset;
import io.github.steelyard.incremental.StreamData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The data of a recipe that learns class by class.
 *
 * @param recipe which data
 * @param seed of the run
 * @param own the recipe's own data
 */
record StreamSource(DataRecipe recipe, long seed, RecipeData own) {
  /**
   * The data of a stream of class groups: that of the recipe, and that of extensions beside it.
   *
   * @throws UsageException if the images of an extension have another shape
   */
  StreamData stream(List<ExtensionRecipe> extensions) throws IOException {
    Dataset training = merged(Split.TRAIN, recipe.loading().trainSamples(), extensions);
    return new StreamData(
        training,
        merged(Split.TEST, recipe.loading().testSamples(), extensions),
        own.preprocessing(training),
        own.evaluationPreprocessing(training),
        own.workers(LoaderConfiguration.training(recipe.loading().batchSize(), seed)));
  }

  private Dataset merged(Split split, int samples, List<ExtensionRecipe> extensions)
      throws IOException {
    Map<List<String>, Dataset> parts = new LinkedHashMap<>();
    Dataset first = own.open(split, samples);
    parts.put(List.of(), first);
    for (ExtensionRecipe extension : extensions) {
      List<String> place =
          Stream.of(extension.dataset(), extension.folder()).filter(Objects::nonNull).toList();
      if (!parts.containsKey(place)) {
        Dataset part = open(extension, split);
        requireSameShape(first, part);
        parts.put(place, part);
      }
    }
    return parts.size() == 1
        ? first
        : new MergedDataset(
            String.join(" and ", parts.values().stream().map(Dataset::name).toList()),
            List.copyOf(parts.values()));
  }

  private static Dataset open(ExtensionRecipe extension, Split split) throws IOException {
    DatasetSource other = UsageException.unless(() -> Datasets.get(extension.dataset()));
    RecipeSamples.requireFolder(other, extension.folder() == null);
    return extension.folder() == null
        ? other.open(split)
        : other.open(split, Path.of(extension.folder()));
  }

  private void requireSameShape(Dataset first, Dataset part) throws IOException {
    ImageShape expected = shape(first);
    ImageShape found = shape(part);
    if (!found.equals(expected)) {
      throw new UsageException(
          "the images of "
              + part.name()
              + " are "
              + found
              + ", but the model takes "
              + expected
              + " as "
              + first.name()
              + " has them");
    }
  }

  private ImageShape shape(Dataset data) throws IOException {
    return new DataLoader(
            data, own.evaluationPreprocessing(data), LoaderConfiguration.evaluation(1))
        .sampleShape();
  }
}
