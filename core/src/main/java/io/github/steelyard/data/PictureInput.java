package io.github.steelyard.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.io.onnx.OnnxPictures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * How pictures become inputs when a network is measured or asked: the shorter side is resized, the
 * middle is cut out, values are normalized. Files say it, in timm's words, as JSON under {@link
 * #KEY}.
 *
 * @param height of the input, in pixels
 * @param width of the input, in pixels
 * @param cropPct which part of the resized shorter side is cut out, above 0 and at most 1
 * @param interpolation of the resize
 * @param normalization of the values; for one channel, pictures become grey
 */
public record PictureInput(
    int height,
    int width,
    double cropPct,
    Interpolation interpolation,
    Normalization normalization) {
  /** The key of a file's metadata under which it says how pictures become inputs, as JSON. */
  public static final String KEY = "steelyard.input";

  /** Neither a resize nor a crop of the middle draws. */
  private static final RandomGenerator NO_DRAWS =
      () -> {
        throw new IllegalStateException("measuring draws no random numbers");
      };

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String BICUBIC = "bicubic";
  private static final String BILINEAR = "bilinear";

  /**
   * Checks the values.
   *
   * @param height at least 1
   * @param width at least 1
   * @param cropPct above 0 and at most 1
   * @param interpolation of the resize
   * @param normalization of the values
   * @throws IllegalArgumentException if a value is out of range
   */
  public PictureInput {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "height and width must be at least 1, but are %d and %d".formatted(height, width));
    }
    if (!(cropPct > 0 && cropPct <= 1)) {
      throw new IllegalArgumentException(
          "cropPct must be above 0 and at most 1, but is " + cropPct);
    }
  }

  /**
   * The shorter side before the middle is cut out, as timm computes it.
   *
   * @return in pixels
   */
  public int resize() {
    return (int) Math.floor(Math.max(height, width) / cropPct);
  }

  /**
   * Resizes, cuts out the middle and normalizes.
   *
   * @return without augmentation
   */
  public Preprocessing measuring() {
    return Preprocessing.of(
        normalization, new Resize(resize(), interpolation), new CenterCrop(height, width));
  }

  /**
   * Makes the input of a network, without batch.
   *
   * @param image of three channels, or of one for a network that takes one
   * @return {@code channels * height * width} values, planar, as {@link #measuring} gives them
   * @throws IllegalArgumentException if the image has other channels than the input
   */
  public float[] values(Image image) {
    int channels = normalization.mean().size();
    Image colored = channels == 1 ? image.grey() : image;
    if (colored.channels() != channels) {
      throw new IllegalArgumentException(
          "the image has %d channels, but the input %d".formatted(colored.channels(), channels));
    }
    Image cut = colored;
    for (Transform transform : measuring().transforms()) {
      cut = transform.apply(cut, NO_DRAWS);
    }
    float[] values = new float[cut.shape().values()];
    Normalization.apply(normalization.table(), cut, values, 0);
    return values;
  }

  /**
   * The same inside an ONNX graph.
   *
   * @return what {@code OnnxFile.save} takes
   * @throws IllegalArgumentException if the input has neither one channel nor three
   */
  public OnnxPictures inGraph() {
    return new OnnxPictures(
        resize(),
        height,
        width,
        interpolation == Interpolation.BICUBIC,
        normalization.mean(),
        normalization.deviation());
  }

  /**
   * For people who read JSON, in the words of recipes.
   *
   * @return values by key
   */
  public Map<String, Object> toJson() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("size", height == width ? height : List.of(height, width));
    values.put("crop_pct", cropPct);
    values.put("interpolation", interpolation == Interpolation.BICUBIC ? BICUBIC : BILINEAR);
    values.put("mean", normalization.mean());
    values.put("std", normalization.deviation());
    return values;
  }

  /**
   * Reads what {@link #toJson} gives.
   *
   * @param json the text that a file holds under {@link #KEY}
   * @return the same
   * @throws IllegalArgumentException if it is no such text; the message says what is wrong
   */
  public static PictureInput parse(String json) {
    try {
      JsonNode values = JSON.readTree(json);
      JsonNode size = values.path("size");
      String interpolation = values.path("interpolation").asText();
      if (!interpolation.equals(BICUBIC) && !interpolation.equals(BILINEAR)) {
        throw new IllegalArgumentException(
            "interpolation must be bilinear or bicubic, but is '" + interpolation + "'");
      }
      return new PictureInput(
          (size.isArray() ? size.path(0) : size).asInt(),
          (size.isArray() ? size.path(1) : size).asInt(),
          values.path("crop_pct").asDouble(),
          interpolation.equals(BICUBIC) ? Interpolation.BICUBIC : Interpolation.BILINEAR,
          new Normalization(numbers(values.path("mean")), numbers(values.path("std"))));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("it is no JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static List<Double> numbers(JsonNode list) {
    List<Double> numbers = new ArrayList<>();
    list.forEach(number -> numbers.add(number.isNumber() ? number.asDouble() : Double.NaN));
    return numbers;
  }
}
