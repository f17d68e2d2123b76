package io.github.steelyard.nn;

import io.github.steelyard.nn.export.ExportException;
import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * A named place in a module that holds another module. A module keeps its places in fields and
 * calls {@link #forward} on them, so that a {@link ModelTransform} can put another module in the
 * place and the owner uses it from then on.
 */
public final class Submodule {
  private final String name;
  private Module module;

  Submodule(String name, Module module) {
    this.name = name;
    this.module = module;
  }

  /**
   * Runs the module in this place.
   *
   * @param input what the module takes
   * @return what the module returns
   * @throws ShapeException if a layer cannot take its input; the message names the layer's path
   */
  public Tensor forward(Tensor input) {
    return within(() -> module.forward(input));
  }

  /**
   * Runs something that the module in this place does besides {@link Module#forward}.
   *
   * @param work calls the module
   * @return what the work returns
   * @throws ShapeException if a layer cannot take its input; the message names the layer's path
   */
  public Tensor within(Supplier<Tensor> work) {
    try {
      return work.get();
    } catch (ShapeException e) {
      throw e.within(name);
    }
  }

  /**
   * Adds what the module in this place computes in evaluation mode to a graph, under this place's
   * name.
   *
   * @param graph where to
   * @param input what the module takes
   * @return what the module returns
   * @throws ExportException if the module, or one inside it, is not {@link Exportable} or cannot be
   *     expressed
   */
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    return graph.within(
        name,
        () -> {
          if (module instanceof Exportable exportable) {
            return exportable.export(graph, input);
          }
          throw ExportException.notExportable(graph.path(), module);
        });
  }

  /**
   * The module in this place now.
   *
   * @return the module
   */
  public Module get() {
    return module;
  }

  /**
   * The module in this place now, as the type that the caller needs.
   *
   * @param <M> the type
   * @param type the type's class
   * @return the module
   * @throws IllegalStateException if a module of another type was put here
   */
  public <M extends Module> M get(Class<M> type) {
    if (!type.isInstance(module)) {
      throw new IllegalStateException(
          "a "
              + type.getSimpleName()
              + " is needed here, but a transform put a "
              + module.getClass().getSimpleName()
              + " in its place");
    }
    return type.cast(module);
  }

  void set(Module replacement) {
    module = replacement;
  }
}
