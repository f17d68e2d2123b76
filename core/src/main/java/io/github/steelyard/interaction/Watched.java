package io.github.steelyard.interaction;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Submodule;
import org.bytedeco.pytorch.Tensor;

/** A layer that somebody looks at. */
final class Watched extends Module {
  /** Sees what a layer takes and gives. */
  @FunctionalInterface
  interface Watcher {
    void sees(String path, Module layer, Tensor input, Tensor output);
  }

  private final Submodule layer;
  private final String path;
  private final Watcher watcher;

  Watched(String path, Module inner, Watcher watcher) {
    this.path = path;
    this.watcher = watcher;
    this.layer = submodule("layer", inner);
  }

  @Override
  public Tensor forward(Tensor input) {
    Tensor output = layer.forward(input);
    watcher.sees(path, layer.get(), input, output);
    return output;
  }
}
