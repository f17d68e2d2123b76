package io.github.steelyard.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A state dict that another program made, while modules bring it into their own names and shapes in
 * {@link Module#adaptState}. Each change is noted in a sentence for the {@link StateDictReport}.
 */
public final class ForeignState {
  private final Map<String, Tensor> tensors;
  private final Map<String, List<String>> changes = new LinkedHashMap<>();

  ForeignState(Map<String, Tensor> tensors) {
    this.tensors = new LinkedHashMap<>(tensors);
  }

  /**
   * The names as they are now.
   *
   * @return an unmodifiable copy
   */
  public Set<String> names() {
    return Set.copyOf(tensors.keySet());
  }

  /**
   * One tensor.
   *
   * @param name its name now
   * @return the tensor, or empty if there is none
   */
  public Optional<Tensor> get(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  Map<String, Tensor> tensors() {
    return tensors;
  }

  /**
   * Adds a tensor or replaces it.
   *
   * @param name its name in the module that is loaded
   * @param tensor its values
   * @param change what was done, such as {@code set to 0, as it is missing}; one sentence names all
   *     tensors that were changed alike
   */
  public void put(String name, Tensor tensor, String change) {
    tensors.put(name, tensor);
    note(change, name);
  }

  void note(String change, String name) {
    changes.computeIfAbsent(change, key -> new ArrayList<>()).add(name);
  }

  /** One sentence for each kind of change. */
  List<String> sentences() {
    return changes.entrySet().stream()
        .map(
            entry -> {
              int more = entry.getValue().size() - 1;
              return entry.getKey()
                  + ": "
                  + entry.getValue().get(0)
                  + (more == 0 ? "" : " and " + more + " more");
            })
        .toList();
  }

  /**
   * Gives tensors other names. If two would get the same, all keep theirs.
   *
   * @param renaming the new name of each; the same for one that stays
   * @param change what the new names are, such as {@code read under timm's names}
   */
  public void rename(UnaryOperator<String> renaming, String change) {
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> renamed.put(renaming.apply(name), tensor));
    if (renamed.size() < tensors.size()) {
      return;
    }
    for (String name : tensors.keySet()) {
      if (!renaming.apply(name).equals(name)) {
        note(change, name);
      }
    }
    tensors.clear();
    tensors.putAll(renamed);
  }

  /**
   * Leaves tensors out.
   *
   * @param which true for those that are not needed
   * @param change why, such as {@code left out, as it is computed}
   */
  public void drop(Predicate<String> which, String change) {
    for (String name : List.copyOf(tensors.keySet())) {
      if (which.test(name)) {
        tensors.remove(name);
        note(change, name);
      }
    }
  }

  /**
   * Brings a position embedding to another number of patches, as timm's {@code
   * resample_abs_pos_embed} does: bicubic, antialiased where it becomes smaller. One that is not of
   * a square stays as it is.
   *
   * @param name the embedding's name, [1, prefix tokens + patches, dimension]
   * @param prefixTokens tokens before the patches, which keep their embedding
   * @param side patches along a side of the image
   */
  public void resizePositions(String name, long prefixTokens, long side) {
    Tensor given = tensors.get(name);
    if (given == null || given.dim() != 3 || given.size(1) <= prefixTokens) {
      return;
    }
    long patches = given.size(1) - prefixTokens;
    long old = Math.round(Math.sqrt((double) patches));
    if (old * old == patches && old != side) {
      put(
          name,
          PositionTables.resized(given, prefixTokens, old, side),
          "resized from " + square(old) + " to " + square(side) + " patches");
    }
  }

  /**
   * Brings a table of relative position biases to another window, as timm's {@code
   * resize_rel_pos_bias_table} does. One of a window that is not square stays as it is.
   *
   * @param name the table's name, [(2 height - 1) (2 width - 1), heads]
   * @param window the new window
   */
  public void resizeWindowBias(String name, Size2d window) {
    Tensor given = tensors.get(name);
    long rows = (2 * window.height() - 1) * (2 * window.width() - 1);
    if (given == null || given.dim() != 2 || given.size(0) == rows) {
      return;
    }
    long side = Math.round(Math.sqrt((double) given.size(0)));
    if (side * side == given.size(0) && side % 2 == 1) {
      put(
          name,
          PositionTables.resizedBias(given, side, window),
          "resized from windows of "
              + square((side + 1) / 2)
              + " to "
              + window.height()
              + "x"
              + window.width());
    }
  }

  private static String square(long side) {
    return side + "x" + side;
  }

  /**
   * Fits the first convolution to images of other channels, as timm's {@code adapt_input_conv}
   * does: for one channel its weights are summed; for others they are repeated, and scaled by the
   * old number over the new one.
   *
   * @param name the weight's name
   * @param shape the shape it must have, [out, channels, height, width]
   */
  void fitInputChannels(String name, long[] shape) {
    Tensor given = tensors.get(name);
    if (given == null
        || given.dim() != 4
        || given.size(0) != shape[0]
        || given.size(1) == shape[1]) {
      return;
    }
    long old = given.size(1);
    long channels = shape[1];
    Tensor single = given.to(ScalarType.Float);
    Tensor fitted =
        channels == 1
            ? single.sum(new long[] {1}, true, new ScalarTypeOptional())
            : single
                .repeat(1, (channels + old - 1) / old, 1, 1)
                .narrow(1, 0, channels)
                .mul(new Scalar((double) old / channels));
    put(name, fitted, "fitted from " + old + " to " + channels + " input channels");
  }
}
