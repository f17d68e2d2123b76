package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.DataRecipe;
import io.github.steelyard.cli.recipe.MeasuredInput;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.data.BatchTransform;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Normalization;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.data.Preprocessing;
import io.github.steelyard.data.Split;
import io.github.steelyard.data.Subset;
import io.github.steelyard.data.Transform;
import io.github.steelyard.data.ValueTransform;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The data that a recipe describes, open. */
public final class RecipeData {
  private final DataRecipe recipe;
  private final DatasetSource source;
  private final RecipeSamples samples;
  private final Optional<ModelRecipe> model;
  private final long seed;
  private PictureInput input;
  private List<String> classNames;

  /**
   * The data of a recipe, measured as its network wants it; nothing is read yet.
   *
   * @param recipe which data and network
   */
  public RecipeData(Recipe recipe) {
    this(recipe.data(), Optional.of(recipe.model()), recipe.seed());
  }

  /**
   * Data without a network; nothing is read yet.
   *
   * @param recipe which data
   * @param seed decides which samples are drawn, held back or mislabelled
   */
  public RecipeData(DataRecipe recipe, long seed) {
    this(recipe, Optional.empty(), seed);
  }

  private RecipeData(DataRecipe recipe, Optional<ModelRecipe> model, long seed) {
    this.recipe = recipe;
    this.model = model;
    DatasetSource named = UsageException.unless(() -> Datasets.get(recipe.name()));
    this.source = recipe.options().map(named::withOptions).orElse(named);
    samples = new RecipeSamples(recipe, source);
    this.seed = seed;
  }

  /** The training batches: shuffled and augmented by the recipe's seed. */
  DataLoader training() throws IOException {
    List<BatchTransform> mixing = new ArrayList<>();
    recipe.mixup().ifPresent(mixing::add);
    Dataset data = samples.training();
    LoaderConfiguration usual = LoaderConfiguration.training(recipe.loading().batchSize(), seed);
    return new DataLoader(
        data,
        preprocessing(data),
        mixing,
        workers(recipe.loading().balanced() ? usual.withBalance() : usual));
  }

  /**
   * What the model is measured on in training: validation samples if the recipe holds some back.
   */
  DataLoader evaluation() throws IOException {
    return evaluation(0);
  }

  /** Some of it: the same share of each class, or all of it for 0 samples. */
  DataLoader evaluation(int samples) throws IOException {
    return recipe.loading().validationSamples() == 0
        ? test(samples)
        : part(this.samples.validation(), samples);
  }

  /**
   * The test batches, in order and without augmentation.
   *
   * @return the batches
   * @throws IOException if they cannot be read
   */
  public DataLoader test() throws IOException {
    return evaluating(samples.test());
  }

  /**
   * Some test batches: a stratified part of the test data, or all of it for 0 samples.
   *
   * @param samples how many; 0 for all
   * @return the batches
   * @throws IOException if they cannot be read
   */
  public DataLoader test(int samples) throws IOException {
    if (samples < 0) {
      throw new UsageException("samples must be at least 0 (all of them), but is " + samples);
    }
    return part(this.samples.test(), samples);
  }

  private DataLoader part(Dataset whole, int samples) throws IOException {
    return samples == 0 || samples >= whole.size()
        ? evaluating(whole)
        : evaluating(Subset.stratified(whole, samples, 0));
  }

  /**
   * How pictures become inputs when the network is measured: in the same way however the data is
   * opened, as the first samples that were opened decide it.
   *
   * @return everything decided; empty where the data is no pictures
   * @throws IOException if the data cannot be read
   */
  public Optional<PictureInput> input() throws IOException {
    if (source.isComputed()) {
      return Optional.empty();
    }
    return Optional.of(input == null ? input(samples.whole(Split.TEST)) : input);
  }

  private PictureInput input(Dataset data) {
    if (input == null) {
      input = MeasuredInput.of(recipe, source, model, data);
    }
    return input;
  }

  /** Other data is measured as it always was, whatever its literature does. */
  private boolean isDecided() {
    return MeasuredInput.isOwn(recipe) || recipe.input().isPresent();
  }

  /**
   * The recipe with what the data decides filled in: the network's shape and how it is measured.
   *
   * @param written as a person wrote it
   * @param loader of this data
   * @return the changed recipe
   */
  public Recipe fitted(Recipe written, DataLoader loader) {
    return decided(
        written.withModel(RecipeModel.fitted(written.model(), loader)), loader.dataset());
  }

  /**
   * The recipe that says how it is measured, where a data set's name does not tell.
   *
   * @param written as a person wrote it
   * @param data which of this data decides
   * @return the changed recipe
   */
  public Recipe decided(Recipe written, Dataset data) {
    return isDecided()
        ? written.withData(written.data().withInput(MeasuredInput.toRecipe(input(data))))
        : written;
  }

  /**
   * The names of the network's outputs.
   *
   * @return in the order of the logits
   * @throws IOException if the data cannot be read
   */
  public List<String> classNames() throws IOException {
    return classNames == null ? test().dataset().classNames() : classNames;
  }

  /**
   * How grey levels become inputs, in training and evaluation.
   *
   * @return means and deviations of channels
   */
  public Normalization normalization() {
    try {
      return isDecided()
          ? input().orElseThrow().normalization()
          : source.evaluationPreprocessing().normalization();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * How test images become inputs.
   *
   * @param data of which they are
   * @return without augmentation
   */
  public Preprocessing evaluationPreprocessing(Dataset data) {
    return isDecided() ? input(data).measuring() : source.evaluationPreprocessing();
  }

  private DataLoader evaluating(Dataset data) throws IOException {
    classNames = data.classNames();
    return new DataLoader(
        data,
        evaluationPreprocessing(data),
        workers(LoaderConfiguration.evaluation(recipe.loading().evaluationBatchSize())));
  }

  /**
   * The samples of a split, all of them or so many; of all classes.
   *
   * @param split training or test
   * @param samples how many; 0 for all
   * @return the samples
   * @throws IOException if they cannot be read
   */
  public Dataset open(Split split, int samples) throws IOException {
    return RecipeSamples.chosen(this.samples.whole(split), samples);
  }

  /**
   * How training images become inputs.
   *
   * @param data of which they are
   * @return with the recipe's augmentation
   */
  public Preprocessing preprocessing(Dataset data) {
    if (recipe.augment().isEmpty()) {
      Preprocessing usual = source.trainingPreprocessing();
      return isDecided()
          ? MeasuredInput.training(input(data), MeasuredInput.isOwn(recipe), data, usual)
          : usual;
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
    return new Preprocessing(
        transforms,
        isDecided() ? input(data).normalization() : source.trainingPreprocessing().normalization(),
        valueTransforms);
  }

  /**
   * A loader with as many workers as the recipe says.
   *
   * @param configuration of a loader
   * @return the changed configuration
   */
  public LoaderConfiguration workers(LoaderConfiguration configuration) {
    Integer workers = recipe.loading().workers();
    return workers == null ? configuration : configuration.withWorkers(workers);
  }

  /** The fingerprints for the provenance. */
  static Map<String, String> fingerprints(
      DataLoader training, DataLoader evaluation, String measuredOn) {
    Map<String, String> fingerprints = new LinkedHashMap<>();
    fingerprints.put("train", training.dataset().fingerprint());
    fingerprints.put(measuredOn, evaluation.dataset().fingerprint());
    return fingerprints;
  }
}
