package io.github.steelyard.nn;

import io.github.steelyard.nn.export.Exportable;
import io.github.steelyard.nn.export.GraphBuilder;
import io.github.steelyard.nn.export.GraphValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Modules one after another; each takes the output of the one before it. */
public final class Sequential extends Module implements Exportable {
  private final List<Submodule> steps = new ArrayList<>();

  /**
   * Modules named {@code 0}, {@code 1} and so on.
   *
   * @param modules the modules in order; with none, the input is the output
   */
  public Sequential(Module... modules) {
    for (Module module : modules) {
      steps.add(submodule(Integer.toString(steps.size()), module));
    }
  }

  /**
   * Modules with names.
   *
   * @param modules the modules by name, in the order of the map
   * @throws IllegalArgumentException if a name is empty or contains a dot
   */
  public Sequential(Map<String, ? extends Module> modules) {
    modules.forEach((name, module) -> steps.add(submodule(name, module)));
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor x = input;
    for (Submodule step : steps) {
      x = step.forward(x);
    }
    return x;
  }

  @Override
  public GraphValue export(GraphBuilder graph, GraphValue input) {
    GraphValue x = input;
    for (Submodule step : steps) {
      x = step.export(graph, x);
    }
    return x;
  }

  /**
   * The number of modules.
   *
   * @return at least 0
   */
  public int size() {
    return steps.size();
  }
}
