package io.github.steelyard.nn.export;

/**
 * A module that can say what it computes in evaluation mode, with the operators of a {@link
 * GraphBuilder}. Mirror {@code forward} line by line; run what is in a place with {@link
 * io.github.steelyard.nn.Submodule#export} and put in weights with {@link
 * io.github.steelyard.nn.Parameter#export}.
 *
 * <pre>{@code
 * final class TwoLayers extends Module implements Exportable {
 *   ...
 *   public GraphValue export(GraphBuilder graph, GraphValue x) {
 *     return fc2.export(graph, graph.relu(fc1.export(graph, x)));
 *   }
 * }
 * }</pre>
 */
@FunctionalInterface
public interface Exportable {
  /**
   * Adds what this module computes in evaluation mode.
   *
   * @param graph where to
   * @param input what {@code forward} would be given; its first dimension is the batch
   * @return what {@code forward} would return
   * @throws ExportException if the module, or one inside it, cannot be expressed
   */
  GraphValue export(GraphBuilder graph, GraphValue input);
}
