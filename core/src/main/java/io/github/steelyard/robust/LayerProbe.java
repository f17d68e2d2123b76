package io.github.steelyard.robust;

import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Stands in a layer's place during one forward pass and keeps what comes in and goes out. */
final class LayerProbe extends Module {
  private final Module layer;
  private Tensor input;
  private Tensor output;

  private LayerProbe(Module layer) {
    this.layer = layer;
  }

  /** What a layer saw and made; the tensors live in the scope of the caller. */
  record Seen(Tensor input, Tensor output) {}

  @Override
  public Tensor forward(Tensor value) {
    input = value;
    output = layer.forward(value);
    return output;
  }

  /**
   * Runs a model once in evaluation mode. Call it inside a scope without gradients.
   *
   * @return what each layer saw; layers that did not run are left out
   */
  static Map<String, Seen> run(Module model, Collection<String> paths, Tensor sample) {
    Map<String, LayerProbe> probes = new LinkedHashMap<>();
    return EvaluationMode.compute(
        model,
        () -> {
          try {
            for (String path : paths) {
              LayerProbe probe = new LayerProbe(model.getSubmodule(path));
              model.setSubmodule(path, probe);
              probes.put(path, probe);
            }
            model.forward(sample);
          } finally {
            probes.forEach((path, probe) -> model.setSubmodule(path, probe.layer));
          }
          Map<String, Seen> seen = new LinkedHashMap<>();
          probes.forEach(
              (path, probe) -> {
                if (probe.input != null) {
                  seen.put(path, new Seen(probe.input, probe.output));
                }
              });
          return seen;
        });
  }
}
