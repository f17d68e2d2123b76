package io.github.steelyard.quant;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.io.TensorInfo;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.TensorChecksum;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;
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
 * <p>What runs in integer arithmetic: nothing. Weights are kept as integers and turned into
 * floating point at each forward pass; activations are rounded to their levels, in floating point.
 * The file and the memory of the weights shrink, the arithmetic does not change.
 */
public final class PackedModel {
  private static final String VERSION_KEY = "steelyard.packed";
  private static final String QUANTIZATION_KEY = "steelyard.quantization";
  private static final String WEIGHTS_KEY = "steelyard.weights";
  private static final String MODEL_KEY = "steelyard.model";
  private static final String CHECKSUM_KEY = "steelyard.checksum";
  private static final String VERSION = "1";
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(MapperFeature.AUTO_DETECT_IS_GETTERS).build();

  private PackedModel() {}

  /**
   * What makes a model of the register.
   *
   * @param name its name in {@link Models}
   * @param options what differs from its defaults
   */
  public record Origin(String name, ModelOptions options) {}

  /** How one weight is packed, as the metadata have it. */
  private record Layout(List<Long> shape, int bits, int lowest, double offset) {
    static Layout of(PackedWeight weight) {
      return new Layout(
          Arrays.stream(weight.shape()).boxed().toList(),
          weight.bits(),
          weight.lowest(),
          weight.offset());
    }
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
    try {
      return Scope.computeWithoutGradient(
          () -> {
            try {
              return write(file, model, configuration, origin, provenance);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static PackedSize write(
      Path file,
      Module model,
      QuantizationConfiguration configuration,
      Optional<Origin> origin,
      Provenance provenance)
      throws IOException {
    Map<String, PackedWeight> weights = new LinkedHashMap<>();
    Map<String, Tensor> tensors = packed(model, weights);
    Map<String, Layout> layouts = new LinkedHashMap<>();
    weights.forEach((name, weight) -> layouts.put(name, Layout.of(weight)));
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "pt"); // Hugging Face's loaders insist on it.
    metadata.put(VERSION_KEY, VERSION);
    metadata.put(QUANTIZATION_KEY, JSON.writeValueAsString(configuration));
    metadata.put(WEIGHTS_KEY, JSON.writeValueAsString(layouts));
    if (origin.isPresent()) {
      metadata.put(
          MODEL_KEY,
          JSON.writeValueAsString(
              Map.of("name", origin.get().name(), "options", origin.get().options().chosen())));
    }
    metadata.put(CHECKSUM_KEY, checksum(tensors, metadata));
    metadata.put(ModelFile.PROVENANCE, JSON.writeValueAsString(provenance));
    SafeTensors.write(file, tensors, metadata);
    return PackedSize.of(tensors, weights, Files.size(file));
  }

  /** Bits that flipped in an integer would be another model without notice. */
  private static String checksum(Map<String, Tensor> tensors, Map<String, String> metadata) {
    CRC32C texts = new CRC32C();
    for (String key : List.of(VERSION_KEY, QUANTIZATION_KEY, WEIGHTS_KEY, MODEL_KEY)) {
      texts.update((key + metadata.getOrDefault(key, "")).getBytes(StandardCharsets.UTF_8));
    }
    return TensorChecksum.of(new TreeMap<>(tensors)) + "%08x".formatted(texts.getValue());
  }

  private static void requireChecksum(Path file, SafeTensorsFile open) throws IOException {
    String saved = open.metadata().get(CHECKSUM_KEY);
    String now;
    try {
      now =
          Scope.compute(
              () -> {
                try {
                  return checksum(open.readAll(), open.metadata());
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (!now.equals(saved)) {
      throw new FileFormatException(
          file, "its content has the checksum " + now + ", but " + saved + " was written");
    }
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
      return open.metadata().containsKey(VERSION_KEY);
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
      return configuration(file, open);
    }
  }

  private static QuantizationConfiguration configuration(Path file, SafeTensorsFile open)
      throws IOException {
    String version = open.metadata().get(VERSION_KEY);
    if (version == null) {
      throw new FileFormatException(
          file, "it is not a packed model: its metadata lack '" + VERSION_KEY + "'");
    }
    if (!version.equals(VERSION)) {
      throw new FileFormatException(
          file, "its layout has version " + version + ", but this program reads " + VERSION);
    }
    return read(file, open, QUANTIZATION_KEY, QuantizationConfiguration.class);
  }

  private static <T> T read(Path file, SafeTensorsFile open, String key, Class<T> type)
      throws IOException {
    String text = open.metadata().get(key);
    try {
      T value = text == null ? null : JSON.readValue(text, type);
      if (value != null) {
        return value;
      }
    } catch (JsonProcessingException e) {
      throw new FileFormatException(
          file, "the metadata '" + key + "' are damaged: " + e.getOriginalMessage(), e);
    }
    throw new FileFormatException(file, "the metadata '" + key + "' are missing");
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
      configuration(file, open);
      return open.metadata().containsKey(MODEL_KEY)
          ? Optional.of(read(file, open, MODEL_KEY, Origin.class))
          : Optional.empty();
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
    ScalarType type = scaleType(file);
    Origin origin =
        origin(file)
            .orElseThrow(
                () ->
                    new FileFormatException(
                        file,
                        "it holds a module that is not in the register of models; load it with"
                            + " load(file, module)"));
    Module model;
    try {
      model = Models.create(origin.name(), origin.options());
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(file, "its model cannot be made: " + e.getMessage(), e);
    }
    model.to(type);
    return load(file, model);
  }

  /** The type in which the model computes. */
  private static ScalarType scaleType(Path file) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      configuration(file, open);
      requireChecksum(file, open);
      for (TensorInfo tensor : open.tensors().values()) {
        if (tensor.name().endsWith("weight.scale")) {
          return tensor
              .dtype()
              .scalarType()
              .orElseThrow(
                  () -> new FileFormatException(file, "'" + tensor.name() + "' has no type here"));
        }
      }
      throw new FileFormatException(file, "it has no scale of a weight");
    }
  }

  /**
   * Loads a model into its full-precision form.
   *
   * @param file a packed file
   * @param model a new module of the same structure as the one that was prepared; it is changed
   * @return the converted model in evaluation mode
   * @throws FileFormatException if it is not a packed file, is damaged or does not fit the module
   * @throws IOException if it cannot be read
   */
  public static Module load(Path file, Module model) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      QuantizationConfiguration configuration = configuration(file, open);
      requireChecksum(file, open);
      Map<?, ?> layouts = read(file, open, WEIGHTS_KEY, Map.class);
      Module converted = converted(file, model, configuration);
      requireLayouts(file, converted, layouts);
      Scope.run(
          () -> {
            try {
              Map<String, Tensor> state = open.readAll();
              PrepareQuantization.allocate(converted, state);
              converted.loadStateDict(state);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      return converted;
    } catch (UncheckedIOException e) {
      throw e.getCause();
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

  private static void requireLayouts(Path file, Module converted, Map<?, ?> layouts)
      throws IOException {
    for (Map.Entry<String, Module> entry : converted.namedModules().entrySet()) {
      if (entry.getValue() instanceof QuantizedLayer layer) {
        String name = entry.getKey().isEmpty() ? "weight" : entry.getKey() + ".weight";
        Layout own = Layout.of(layer.packedWeight().orElseThrow());
        Layout saved = layout(file, name, layouts.get(name));
        if (!own.equals(saved)) {
          throw new FileFormatException(
              file,
              "the weight '"
                  + name
                  + "' has the shape "
                  + saved.shape
                  + " at "
                  + saved.bits
                  + " bits, but the module needs "
                  + own.shape
                  + " at "
                  + own.bits);
        }
      }
    }
  }

  private static Layout layout(Path file, String name, Object saved) throws IOException {
    try {
      Layout layout = saved == null ? null : JSON.convertValue(saved, Layout.class);
      if (layout != null && layout.shape != null) {
        return layout;
      }
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(file, "the layout of '" + name + "' is damaged", e);
    }
    throw new FileFormatException(file, "it has no layout of the weight '" + name + "'");
  }
}
