package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Checks;
import io.github.steelyard.runtime.Records;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What can be chosen about a model of the register. A value that is null is not chosen: the model's
 * default holds. A model refuses a value that it does not know.
 *
 * <pre>{@code
 * Module model = Models.create("resnet20", ModelOptions.none().with(o -> o.classes = 100));
 * }</pre>
 *
 * @param classes number of outputs, at least 1
 * @param inputChannels channels of the images, at least 1
 * @param imageSize side of the square images in pixels, at least 1
 * @param dropout probability of an activation to be dropped, in [0, 1)
 * @param dropPath largest probability of a residual branch to be dropped (stochastic depth), in [0,
 *     1); it grows linearly from 0 at the first block
 * @param hidden widths of the hidden layers, each at least 1; may be empty
 * @param activation the activation between layers
 * @param depth number of layers, at least 1, of a family whose networks differ in it; blocks of a
 *     vision transformer
 * @param width how wide a network is compared with its family's narrowest, or channels of its first
 *     layer, at least 1
 * @param embedDim size of a token in a vision transformer, a multiple of its heads, at least 1
 */
public record ModelOptions(
    Integer classes,
    Integer inputChannels,
    Integer imageSize,
    Double dropout,
    Double dropPath,
    List<Integer> hidden,
    Activation activation,
    Integer depth,
    Integer width,
    Integer embedDim) {
  /**
   * Checks the values that are chosen.
   *
   * @param classes number of outputs, at least 1
   * @param inputChannels channels of the images, at least 1
   * @param imageSize side of the square images in pixels, at least 1
   * @param dropout probability of an activation to be dropped, in [0, 1)
   * @param dropPath largest probability of a residual branch to be dropped (stochastic depth), in
   *     [0, 1); it grows linearly from 0 at the first block
   * @param hidden widths of the hidden layers, each at least 1; may be empty
   * @param activation the activation between layers
   * @param depth number of layers, at least 1
   * @param width how wide the network is, at least 1
   * @param embedDim size of a token, at least 1
   * @throws IllegalArgumentException if a value is out of range
   */
  public ModelOptions {
    requireCount("classes", classes);
    requireCount("inputChannels", inputChannels);
    requireCount("imageSize", imageSize);
    requireProbability("dropout", dropout);
    requireProbability("dropPath", dropPath);
    requireCount("depth", depth);
    requireCount("width", width);
    requireCount("embedDim", embedDim);
    if (hidden != null) {
      hidden = List.copyOf(hidden);
      hidden.forEach(size -> requireCount("a width in hidden", size));
    }
  }

  private static void requireCount(String what, Integer value) {
    if (value != null) {
      Checks.atLeast(1, value, "model options", what);
    }
  }

  private static void requireProbability(String what, Double value) {
    if (value != null) {
      Checks.probability(value, "model options", what);
    }
  }

  /**
   * Nothing chosen.
   *
   * @return options that leave every default
   */
  public static ModelOptions none() {
    return new ModelOptions(null, null, null, null, null, null, null, null, null, null);
  }

  /**
   * The values that are chosen, by their names here.
   *
   * @return a new map without nulls, in the order of the components
   */
  public Map<String, Object> chosen() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("classes", classes);
    all.put("inputChannels", inputChannels);
    all.put("imageSize", imageSize);
    all.put("dropout", dropout);
    all.put("dropPath", dropPath);
    all.put("hidden", hidden);
    all.put("activation", activation);
    all.put("depth", depth);
    all.put("width", width);
    all.put("embedDim", embedDim);
    all.values().removeIf(value -> value == null);
    return all;
  }

  /** These options, with the defaults where nothing is chosen. */
  ModelOptions orElse(ModelOptions defaults) {
    return new ModelOptions(
        classes != null ? classes : defaults.classes,
        inputChannels != null ? inputChannels : defaults.inputChannels,
        imageSize != null ? imageSize : defaults.imageSize,
        dropout != null ? dropout : defaults.dropout,
        dropPath != null ? dropPath : defaults.dropPath,
        hidden != null ? hidden : defaults.hidden,
        activation != null ? activation : defaults.activation,
        depth != null ? depth : defaults.depth,
        width != null ? width : defaults.width,
        embedDim != null ? embedDim : defaults.embedDim);
  }

  /** The values while they are changed; see {@link ModelOptions}. */
  public static final class Draft {
    /** At least 1. */
    public Integer classes;

    /** At least 1. */
    public Integer inputChannels;

    /** Pixels, at least 1. */
    public Integer imageSize;

    /** In [0, 1). */
    public Double dropout;

    /** In [0, 1). */
    public Double dropPath;

    /** Widths, each at least 1; may be empty. */
    public List<Integer> hidden;

    /** Between the layers. */
    public Activation activation;

    /** Layers, at least 1. */
    public Integer depth;

    /** At least 1. */
    public Integer width;

    /** At least 1. */
    public Integer embedDim;

    private Draft() {}
  }

  /**
   * The same with other values, such as {@code with(o -> o.classes = 100)}.
   *
   * @param change sets fields of the draft
   * @return the changed copy
   * @throws IllegalArgumentException if a value is out of range
   */
  public ModelOptions with(Consumer<Draft> change) {
    return Records.with(this, new Draft(), change);
  }
}
