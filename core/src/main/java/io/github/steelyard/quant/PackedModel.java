package io.github.steelyard.quant;

import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A quantized model in one safetensors file that is really small: the weights are integers packed
 * at their own bit width.
 *
 * <p>For each quantized weight {@code W} of a layer {@code L} the file holds {@code
 * L.weight.integers} (uint8), {@code L.weight.scale} (in the model's type, mostly float32,
 * broadcastable against the weight) and {@code L.weight.levels} (int8: bits, lowest, 2 · offset).
 * Under query-key reparameterization {@code L} is {@code ...attn.product}. The integers are a
 * stream of bits in row-major order, the least significant bit first, cut into bytes; each is
 * stored as its distance from the lowest level. With {@code bits}, {@code lowest}, {@code offset}
 * and {@code shape} of the weight from the metadata,
 *
 * <pre>
 * stored[i] = bits [bits · i, bits · (i + 1)) of the stream
 * weight[i] = scale · (stored[i] + lowest + offset)
 * </pre>
 *
 * equals the trained weight bit for bit. All other tensors (scales and shifts of activations,
 * biases, norms, embeddings) are there as they were. The metadata are JSON texts: {@code
 * steelyard.packed} (the version of this layout, 1), {@code steelyard.quantization} (the
 * configuration), {@code steelyard.weights} (per weight), {@code steelyard.model} (name and
 * options, for a model of the register), {@code steelyard.checksum} (CRC-32C of names and bytes of
 * the tensors in the order of their names, then of the texts above with their keys; damaged files
 * are refused) and the provenance.
 *
 * <p>What runs in integer arithmetic: nothing, until {@link IntegerArithmetic} is applied. Weights
 * are kept as integers and turned into floating point at each forward pass; activations are rounded
 * to their levels, in floating point.
 */
public final class PackedModel {
  /** The key of a file's metadata with what makes its model, an {@link Origin} as JSON. */
  public static final String ORIGIN = "steelyard.model";

  private PackedModel() {}

  /**
   * What makes a model of the register.
   *
   * @param name its name in {@link Models}
   * @param options what differs from its defaults
   */
  public record Origin(String name, ModelOptions options) {}

  /**
   * Writes a model that {@link PrepareQuantization} prepared, converted since or not, whole or not
   * at all. The model is not changed. Load it by {@link #load(Path, Module)}.
   *
   * @param file the file to create or replace; its folder must exist
   * @param model the prepared or converted model
   * @return where the bytes went
   * @throws IllegalArgumentException if the model has no quantized layer, or its parts were not
   *     prepared together
   * @throws IOException if the file cannot be written; it is then as it was before
   */
  public static PackedSize save(Path file, Module model) throws IOException {
    return save(file, model, preparation(model), Optional.empty(), Optional.empty(), Map.of());
  }

  private static QuantizationConfiguration preparation(Module model) {
    List<QuantizationConfiguration> all =
        model.namedModules().values().stream()
            .filter(QuantizedModule.class::isInstance)
            .flatMap(layer -> ((QuantizedModule) layer).preparedBy().stream())
            .distinct()
            .toList();
    if (all.size() != 1) {
      throw new IllegalArgumentException(
          model
              + (all.isEmpty()
                  ? " was not prepared by PrepareQuantization"
                  : " has parts that were prepared in different ways: " + all)
              + "; say how to prepare it, by save(file, model, configuration, origin, provenance)");
    }
    return all.get(0);
  }

  /**
   * Writes a prepared or converted model, whole or not at all. The model is not changed.
   *
   * @param file the file to create or replace; its folder must exist
   * @param model the prepared or converted model
   * @param configuration how it was prepared
   * @param origin how to make its full-precision form; empty for a user's own module, which {@link
   *     #load(Path, Module)} then needs
   * @param provenance what made the weights
   * @return where the bytes went
   * @throws IllegalArgumentException if the model has no quantized layer
   * @throws IOException if the file cannot be written; it is then as it was before
   */
  public static PackedSize save(
      Path file,
      Module model,
      QuantizationConfiguration configuration,
      Optional<Origin> origin,
      Provenance provenance)
      throws IOException {
    return save(file, model, configuration, origin, provenance, Map.of());
  }

  /**
   * Writes a quantized model whole or not at all, with what its users must know.
   *
   * @param file the file to create or replace; its folder must exist
   * @param model prepared or converted
   * @param configuration how it was prepared
   * @param origin how to make its full-precision form; empty for a user's own module
   * @param provenance what made the weights
   * @param more further metadata by key, such as how pictures become inputs
   * @return where the bytes went
   * @throws IllegalArgumentException if the model has no quantized layer
   * @throws IOException if the file cannot be written; it is then as it was before
   */
  public static PackedSize save(
      Path file,
      Module model,
      QuantizationConfiguration configuration,
      Optional<Origin> origin,
      Provenance provenance,
      Map<String, String> more)
      throws IOException {
    return save(file, model, configuration, origin, Optional.of(provenance), more);
  }

  private static PackedSize save(
      Path file,
      Module model,
      QuantizationConfiguration configuration,
      Optional<Origin> origin,
      Optional<Provenance> provenance,
      Map<String, String> more)
      throws IOException {
    return Scope.computeWithoutGradient(
        () -> {
          Map<String, PackedWeight> weights = new LinkedHashMap<>();
          Map<String, Tensor> tensors = packed(model, weights);
          Map<String, String> metadata = new LinkedHashMap<>(more);
          metadata.putAll(PackedFile.metadata(weights, configuration, origin, provenance));
          SafeTensors.write(file, tensors, metadata);
          return PackedSize.of(tensors, weights, Files.size(file));
        });
  }

  /** The state dict of the converted model, without converting the model itself. */
  private static Map<String, Tensor> packed(Module model, Map<String, PackedWeight> weights) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(model.stateDict());
    model
        .namedModules()
        .forEach(
            (path, module) -> {
              if (module instanceof QuantizedLayer layer) {
                String prefix = path.isEmpty() ? "" : path + ".";
                Module converted =
                    layer.packedWeight().isPresent()
                        ? module
                        : ConvertQuantization.convert(path, layer);
                tensors.keySet().removeIf(name -> name.startsWith(prefix));
                converted.stateDict().forEach((name, t) -> tensors.put(prefix + name, t));
                weights.put(
                    prefix + "weight", ((QuantizedLayer) converted).packedWeight().orElseThrow());
              }
            });
    if (weights.isEmpty()) {
      throw new IllegalArgumentException(
          model + " has no quantized layer; prepare it first with PrepareQuantization");
    }
    return tensors;
  }

  /**
   * Whether a file is a packed model.
   *
   * @param file a safetensors file
   * @return true if its metadata say so
   * @throws IOException if it cannot be read as safetensors
   */
  public static boolean isPacked(Path file) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      return new PackedFile(file, open).isPacked();
    }
  }

  /**
   * How a file's model was prepared.
   *
   * @param file a packed file
   * @return its configuration
   * @throws FileFormatException if it is not a packed file or damaged
   * @throws IOException if it cannot be read
   */
  public static QuantizationConfiguration configuration(Path file) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      return new PackedFile(file, open).configuration();
    }
  }

  /**
   * How to make the full-precision form of a file's model.
   *
   * @param file a packed file
   * @return name and options in the register; empty for a user's own module
   * @throws FileFormatException if it is not a packed file or damaged
   * @throws IOException if it cannot be read
   */
  public static Optional<Origin> origin(Path file) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      return new PackedFile(file, open).origin();
    }
  }

  /**
   * Loads a model of the register.
   *
   * @param file a packed file
   * @return the converted model in evaluation mode
   * @throws FileFormatException if it is not a packed file, is damaged, or holds a user's own
   *     module
   * @throws IOException if it cannot be read
   */
  public static Module load(Path file) throws IOException {
    Origin origin;
    ScalarType type;
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      PackedFile packed = new PackedFile(file, open);
      packed.configuration();
      packed.requireChecksum();
      type = packed.scaleType();
      origin =
          packed
              .origin()
              .orElseThrow(
                  () ->
                      new FileFormatException(
                          file,
                          "it holds a module that is not in the register of models; load it with"
                              + " load(file, module)"));
    }
    Module model;
    try {
      model = Models.create(origin.name(), origin.options());
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(file, "its model cannot be made: " + e.getMessage(), e);
    }
    model.to(type);
    return load(file, model);
  }

  /**
   * Loads a model into its full-precision form.
   *
   * @param file a packed file
   * @param model a new module of the same structure as the one that was prepared, or with all the
   *     channels of which that one had lost some; it is changed
   * @return the converted model in evaluation mode
   * @throws FileFormatException if it is not a packed file, is damaged or does not fit the module
   * @throws IOException if it cannot be read
   */
  public static Module load(Path file, Module model) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      PackedFile packed = new PackedFile(file, open);
      QuantizationConfiguration configuration = packed.configuration();
      packed.requireChecksum();
      Map<?, ?> layouts = packed.layouts();
      ChannelRemoval.fitShapes(model, packed.shapes(layouts));
      Module converted = converted(file, model, configuration);
      requireLayouts(packed, converted, layouts);
      Scope.run(
          () -> {
            converted.loadStateDict(open.readAll());
          });
      return converted;
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(file, e.getMessage(), e);
    }
  }

  private static Module converted(Path file, Module model, QuantizationConfiguration configuration)
      throws IOException {
    try {
      Module prepared = PrepareQuantization.withoutSample(configuration).apply(model);
      return new ConvertQuantization().apply(prepared);
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(
          file, "its configuration does not fit the module: " + e.getMessage(), e);
    }
  }

  private static void requireLayouts(PackedFile file, Module converted, Map<?, ?> layouts)
      throws IOException {
    for (Map.Entry<String, Module> entry : converted.namedModules().entrySet()) {
      if (entry.getValue() instanceof QuantizedLayer layer) {
        String name = entry.getKey().isEmpty() ? "weight" : entry.getKey() + ".weight";
        PackedFile.Layout own = PackedFile.Layout.of(layer.packedWeight().orElseThrow());
        PackedFile.Layout saved = file.layout(layouts, name);
        if (!own.equals(saved)) {
          throw new FileFormatException(
              file.path(),
              "the weight '"
                  + name
                  + "' has the shape "
                  + saved.shape()
                  + " at "
                  + saved.bits()
                  + " bits, but the module needs "
                  + own.shape()
                  + " at "
                  + own.bits());
        }
      }
    }
  }
}
