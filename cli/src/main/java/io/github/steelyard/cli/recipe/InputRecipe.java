package io.github.steelyard.cli.recipe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.data.Interpolation;
import java.util.List;

/**
 * How a picture becomes the input of a network when it is measured, in timm's words. What is null
 * follows the network's published settings, or the pictures.
 *
 * @param size height and width of the input, in pixels; one number for a square
 * @param cropPct which part of the resized shorter side is cut out, above 0 and at most 1
 * @param interpolation of the resize
 * @param mean per channel, of values scaled to 0..1
 * @param std standard deviation per channel, of values scaled to 0..1
 */
public record InputRecipe(
    List<Integer> size,
    Double cropPct,
    Interpolation interpolation,
    List<Double> mean,
    List<Double> std) {
  /** Everything follows the network or the pictures. */
  public static final InputRecipe NONE = new InputRecipe(null, null, null, null, null);

  /**
   * Checks the values.
   *
   * @param size one or two numbers of at least 1, or null
   * @param cropPct above 0 and at most 1, or null
   * @param interpolation of the resize, or null
   * @param mean from 0 to 1, or null
   * @param std above 0, or null; as many as mean where both are given
   * @throws IllegalArgumentException if a value is out of range; the message names it
   */
  public InputRecipe {
    size = size == null ? null : List.copyOf(size);
    mean = mean == null ? null : List.copyOf(mean);
    std = std == null ? null : List.copyOf(std);
    if (size != null
        && (size.isEmpty() || size.size() > 2 || size.stream().anyMatch(pixels -> pixels < 1))) {
      throw new IllegalArgumentException(
          "size must be a number of pixels, such as 224, or height and width, such as [224, 320],"
              + " but is "
              + size);
    }
    if (cropPct != null && !(cropPct > 0 && cropPct <= 1)) {
      throw new IllegalArgumentException(
          "cropPct must be above 0 and at most 1, but is " + cropPct);
    }
    if (mean != null && (mean.isEmpty() || mean.stream().anyMatch(m -> !(m >= 0 && m <= 1)))) {
      throw new IllegalArgumentException(
          "mean must be a number from 0 to 1 for each channel, but is " + mean);
    }
    if (std != null
        && (std.isEmpty() || std.stream().anyMatch(s -> !(s > 0 && Double.isFinite(s))))) {
      throw new IllegalArgumentException(
          "std must be a number above 0 for each channel, but is " + std);
    }
    if (mean != null && std != null && mean.size() != std.size()) {
      throw new IllegalArgumentException(
          "mean must have as many numbers as std, but they have "
              + mean.size()
              + " and "
              + std.size());
    }
  }

  /** A square may be written as one number. */
  static InputRecipe read(Mapping section) {
    ObjectNode node = section.node().deepCopy();
    if (node.path("size").isIntegralNumber()) {
      node.putArray("size").add(section.node().get("size"));
    }
    return section.parent().below("input", node).read(InputRecipe.class, NONE);
  }

  ObjectNode toTree() {
    ObjectNode tree = Mapping.MAPPER.valueToTree(this);
    tree.properties().removeIf(entry -> entry.getValue().isNull());
    if (size != null && size.size() == 1) {
      tree.put("size", size.get(0));
    }
    return tree;
  }

  /**
   * The input's height.
   *
   * @return in pixels; the size must be chosen
   */
  public int height() {
    return size.get(0);
  }

  /**
   * The input's width.
   *
   * @return in pixels; the size must be chosen
   */
  public int width() {
    return size.get(size.size() - 1);
  }
}
