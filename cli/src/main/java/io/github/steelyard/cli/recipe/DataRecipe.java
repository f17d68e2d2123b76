package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.Mixup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a recipe trains on.
 *
 * @param name the data set's name in the register
 * @param folder where its files are, or null where it needs none
 * @param classes the only classes to use, in the order of the model's outputs; empty for all
 * @param options what is chosen about a data set that is computed; empty for data from files
 * @param augment the transforms of the training images, {@link io.github.steelyard.data.Transform}s
 *     before {@link io.github.steelyard.data.ValueTransform}s; empty for the data set's usual ones
 * @param mixup mixup and CutMix of whole batches, if any
 * @param labelNoise wrong labels of training samples, if any
 * @param input how pictures become inputs when the network is measured; empty where all of it
 *     follows the network or the pictures
 * @param loading how samples become batches
 */
public record DataRecipe(
    String name,
    String folder,
    List<String> classes,
    boolean isDrawnFirst,
    Optional<Record> options,
    Optional<List<Record>> augment,
    Optional<Mixup> mixup,
    Optional<LabelNoise> labelNoise,
    Optional<InputRecipe> input,
    Loading loading) {
  private static final String[] OWN = {
    "name", "folder", "classes", "drawn_first", "augment", "mixup", "label_noise", "input"
  };

  /**
   * Wrong labels of training samples; those that a model is measured on keep theirs.
   *
   * @param fraction which part of the labels is wrong, from 0 to 1
   * @param seed decides which, and to what; not the seed of the run, so that runs that differ in
   *     their seed see the same labels
   */
  public record LabelNoise(double fraction, long seed) {
    /**
     * Checks the values.
     *
     * @param fraction from 0 to 1
     * @param seed any
     * @throws IllegalArgumentException if the fraction is out of range
     */
    public LabelNoise {
      if (!(fraction >= 0 && fraction <= 1)) {
        throw new IllegalArgumentException(
            "fraction must be from 0 to 1 (of all labels), but is " + fraction);
      }
    }
  }

  /**
   * How samples become batches.
   *
   * @param batchSize training samples in a batch, at least 1
   * @param evaluationBatchSize test samples in a batch, at least 1
   * @param workers threads that prepare batches, or null for as many as the machine can spare
   * @param trainSamples how many training samples to use, the same share of each class; 0 for all
   * @param testSamples how many test samples to use, the same share of each class; 0 for all
   * @param validationSamples how many training samples to hold back and to measure the model on in
   *     the place of test data, the same share of each class; 0 to measure on test data. They are
   *     held back before trainSamples are chosen
   * @param balanced whether each epoch draws as many training samples of each class as of any other
   */
  public record Loading(
      int batchSize,
      int evaluationBatchSize,
      Integer workers,
      int trainSamples,
      int testSamples,
      int validationSamples,
      boolean balanced) {
    /**
     * Checks the values.
     *
     * @param batchSize at least 1
     * @param evaluationBatchSize at least 1
     * @param workers at least 0, or null
     * @param trainSamples at least 0
     * @param testSamples at least 0
     * @param validationSamples at least 0
     * @param balanced whether classes are drawn alike
     * @throws IllegalArgumentException if a value is out of range; the message names it
     */
    public Loading {
      require(batchSize >= 1, "batchSize must be at least 1", batchSize);
      require(
          evaluationBatchSize >= 1, "evaluationBatchSize must be at least 1", evaluationBatchSize);
      require(workers == null || workers >= 0, "workers must be at least 0", workers);
      require(trainSamples >= 0, "trainSamples must be at least 0", trainSamples);
      require(testSamples >= 0, "testSamples must be at least 0", testSamples);
      require(validationSamples >= 0, "validationSamples must be at least 0", validationSamples);
    }

    private static void require(boolean holds, String rule, Number value) {
      if (!holds) {
        throw new IllegalArgumentException(rule + ", but is " + value);
      }
    }
  }

  static DataRecipe read(Mapping section) {
    Optional<Record> options = usualOptions(section);
    List<String> ofOptions = new ArrayList<>();
    options.ifPresent(
        record ->
            Arrays.stream(record.getClass().getRecordComponents())
                .forEach(component -> ofOptions.add(Mapping.snakeCase(component.getName()))));
    String[] others = Stream.concat(Arrays.stream(OWN), ofOptions.stream()).toArray(String[]::new);
    // First, because it refuses unknown keys: 'nam' is a misspelt key, not a missing one.
    Loading loading =
        section.read(Loading.class, new Loading(128, 256, null, 0, 0, 0, false), others);
    String name = section.requiredText("name", "fashion-mnist");
    DatasetSource source = section.checked("name", () -> Datasets.get(name));
    String folder = section.text("folder", null);
    if (folder != null && source.isComputed()) {
      throw section.error("folder", "must be left out: the data set " + name + " is computed");
    }
    Optional<Mixup> mixup =
        section.has("mixup")
            ? Optional.of(section.section("mixup").read(Mixup.class, Mixup.deit()))
            : Optional.empty();
    Mapping chosen = section.only(ofOptions.toArray(String[]::new));
    return new DataRecipe(
        name,
        folder,
        classes(section),
        section.flag("drawn_first", false),
        options.map(usual -> read(chosen, usual)),
        augment(section),
        mixup,
        labelNoise(section),
        input(section, source),
        loading);
  }

  private static Optional<InputRecipe> input(Mapping section, DatasetSource source) {
    if (section.has("input") && source.isComputed()) {
      throw section.error(
          "input", "must be left out: the data set " + source.name() + " is no pictures");
    }
    return section.optional("input", InputRecipe::read);
  }

  private static List<String> classes(Mapping section) {
    if (!section.has("classes")) {
      return List.of();
    }
    List<String> names = section.names("classes", "a list of class names");
    if (names.size() < 2) {
      throw section.error("classes", "must name at least two classes to tell apart");
    }
    return List.copyOf(names);
  }

  /** Those of the named data set, if it is one that is computed. */
  private static Optional<Record> usualOptions(Mapping section) {
    JsonNode name = section.get("name");
    return Datasets.all().stream()
        .filter(source -> name != null && source.name().equals(name.asText()))
        .findFirst()
        .flatMap(DatasetSource::options);
  }

  private static <R extends Record> Record read(Mapping section, R usual) {
    @SuppressWarnings("unchecked") // An object's class is that of its type.
    Class<R> type = (Class<R>) usual.getClass();
    return section.read(type, usual);
  }

  private static Optional<LabelNoise> labelNoise(Mapping section) {
    if (!section.has("label_noise")) {
      return Optional.empty();
    }
    Mapping below = section.section("label_noise");
    LabelNoise noise = below.read(LabelNoise.class, new LabelNoise(0, 0));
    if (!below.has("fraction")) {
      throw below.error("", "needs the key 'fraction', such as fraction: 0.2");
    }
    return Optional.of(noise);
  }

  /**
   * The same data with some classes only, whose samples are those that were drawn from all classes,
   * as a stream of classes draws them.
   *
   * @param some their names in the order of the model's outputs
   * @return the changed recipe
   */
  DataRecipe withClasses(List<String> some) {
    return new DataRecipe(
        name, folder, List.copyOf(some), true, options, augment, mixup, labelNoise, input, loading);
  }

  /**
   * The same data, measured in another way.
   *
   * @param other how pictures become inputs
   * @return the changed recipe
   */
  public DataRecipe withInput(InputRecipe other) {
    return new DataRecipe(
        name,
        folder,
        classes,
        isDrawnFirst,
        options,
        augment,
        mixup,
        labelNoise,
        Optional.of(other),
        loading);
  }

  /**
   * What the model is measured on.
   *
   * @return {@code test} or {@code validation}
   */
  public String measuredOn() {
    return loading.validationSamples() > 0 ? "validation" : "test";
  }

  private static Optional<List<Record>> augment(Mapping section) {
    JsonNode written = section.get("augment");
    if (written == null || written.isNull() || written.asText().equals("usual")) {
      return Optional.empty();
    }
    if (!(written instanceof ArrayNode list)) {
      throw section.error(
          "augment",
          "must be 'usual' or a list of transforms ("
              + String.join(", ", TransformRecipe.names())
              + "), but is "
              + YamlDocument.kind(written));
    }
    Mapping below = section.below("augment", Mapping.MAPPER.createObjectNode());
    List<Record> transforms = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      transforms.add(TransformRecipe.read(below, i, list.get(i)));
    }
    return Optional.of(List.copyOf(transforms));
  }

  /** What is not chosen is left out. */
  private static ObjectNode written(Record options) {
    ObjectNode tree = Mapping.MAPPER.valueToTree(options);
    tree.properties().removeIf(entry -> entry.getValue().isNull());
    return tree;
  }

  ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.createObjectNode().put("name", name);
    if (folder != null) {
      tree.put("folder", folder);
    }
    if (!classes.isEmpty()) {
      tree.set("classes", Mapping.MAPPER.valueToTree(classes));
      if (isDrawnFirst) {
        tree.put("drawn_first", true);
      }
    }
    options.ifPresent(record -> tree.setAll(written(record)));
    if (augment.isPresent()) {
      ArrayNode list = tree.putArray("augment");
      augment.get().forEach(transform -> list.add(TransformRecipe.toTree(transform)));
    } else {
      tree.put("augment", "usual");
    }
    mixup.ifPresent(mixing -> tree.set("mixup", Mapping.MAPPER.valueToTree(mixing)));
    labelNoise.ifPresent(noise -> tree.set("label_noise", Mapping.MAPPER.valueToTree(noise)));
    input.ifPresent(own -> tree.set("input", own.toTree()));
    ObjectNode batches = Mapping.MAPPER.valueToTree(loading);
    if (loading.workers() == null) {
      batches.remove("workers");
    }
    if (!loading.balanced()) {
      batches.remove("balanced");
    }
    return tree.setAll(batches);
  }
}
