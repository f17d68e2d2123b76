package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.OptionalLong;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A table of vectors. Parameter: {@code weight} [entries, dimension], normal with deviation 1 at
 * first. Input: indices, int64 [...] in [0, entries); output [..., dimension].
 */
public final class Embedding extends Module implements Exportable {
  private final long entries;
  private final long dimension;
  private final OptionalLong padding;
  private final Parameter weight;

  /**
   * A table without a padding entry.
   *
   * @param entries number of vectors, at least 1
   * @param dimension size of each vector, at least 1
   * @throws IllegalArgumentException if a value is below 1
   */
  public Embedding(long entries, long dimension) {
    this(entries, dimension, OptionalLong.empty());
  }

  /**
   * A table in which one entry may stand for padding: it is zero and gets no gradient.
   *
   * @param entries number of vectors, at least 1
   * @param dimension size of each vector, at least 1
   * @param padding index of the padding entry, in [0, entries)
   * @throws IllegalArgumentException if a value is out of range
   */
  public Embedding(long entries, long dimension, OptionalLong padding) {
    this.entries = Checks.atLeast(1, entries, "Embedding", "entries");
    this.dimension = Checks.atLeast(1, dimension, "Embedding", "dimension");
    this.padding = padding;
    weight = parameter("weight", Initialization.empty(entries, dimension));
    Initialization.normal(weight.tensor(), 1);
    padding.ifPresent(
        index -> {
          if (index < 0 || index >= entries) {
            throw new IllegalArgumentException(
                "Embedding: padding must be in [0, " + entries + "), but is " + index);
          }
          Initialization.normal(weight.tensor().detach().select(0, index), 0);
        });
  }

  /**
   * Looks vectors up. The range check reads the indices, one small copy to Java.
   *
   * @param input indices, int64 of any shape
   * @return the vectors, the input's shape with {@code dimension} at the end
   * @throws IllegalArgumentException if the input is not int64 or an index is out of range
   */
  @Override
  public Tensor forward(Tensor input) {
    if (input.scalar_type().intern() != ScalarType.Long) {
      throw new IllegalArgumentException(
          this
              + " expects indices of type int64, but was given "
              + input.dtype().name().getString());
    }
    if (input.numel() > 0) {
      long smallest = input.min().item_long();
      long largest = input.max().item_long();
      if (smallest < 0 || largest >= entries) {
        throw new IllegalArgumentException(
            this
                + " expects indices in [0, "
                + entries
                + "), but was given "
                + (smallest < 0 ? smallest : largest));
      }
    }
    return torch.embedding(weight.value(), input, padding.orElse(-1), false, false);
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.gather(weight.export(graph, "weight"), input);
  }

  /**
   * The table.
   *
   * @return the parameter, [entries, dimension]
   */
  public Parameter weight() {
    return weight;
  }

  @Override
  public String toString() {
    return "Embedding(" + entries + " x " + dimension + ")";
  }
}
