package io.github.steelyard.nn.models;

import java.util.List;

/**
 * Brings models by name. A jar names its provider in {@code
 * META-INF/services/io.github.steelyard.nn.models.ModelProvider}; recipes then write {@code model:
 * {name: <name>}}, programs {@link Models#create(String)}. A model is one file: a {@link
 * io.github.steelyard.nn.Module} with its provider nested in it.
 *
 * <pre>{@code
 * public final class TinyMixer extends Module implements Exportable {
 *   ...
 *   public static final class Provider implements ModelProvider {
 *     public List<ModelEntry> models() {
 *       return List.of(
 *           new ModelEntry(
 *               "tiny_mixer", "what it is", "paper", 1234,
 *               ModelOptions.none().with(o -> o.classes = 10).with(o -> o.inputChannels = 1).with(o -> o.imageSize = 28),
 *               options -> new TinyMixer(options.imageSize(), options.classes())));
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>The line in the services file is the binary name, {@code com.example.TinyMixer$Provider}. The
 * provider needs a public constructor without arguments. What is needed beyond {@code forward}:
 *
 * <ul>
 *   <li>layers of {@link io.github.steelyard.nn}, registered by {@code submodule}: these are
 *       quantized, pruned, companded and inspected by their paths;
 *   <li>the classifier as the last registered part, so that classes can be added to it;
 *   <li>{@link io.github.steelyard.nn.export.Exportable}, if it shall be exported to ONNX.
 * </ul>
 */
public interface ModelProvider {
  /**
   * The models of one jar.
   *
   * @return at least one
   */
  List<ModelEntry> models();
}
