package io.github.steelyard.quant;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.io.TensorInfo;
import io.github.steelyard.quant.PackedModel.Origin;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.TensorChecksum;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
 * The metadata of a packed file, which {@link PackedModel} describes.
 *
 * @param path where it is, for messages
 * @param open the file while it is open
 */
record PackedFile(Path path, SafeTensorsFile open) {
  private static final String VERSION_KEY = "steelyard.packed";
  private static final String QUANTIZATION_KEY = "steelyard.quantization";
  private static final String WEIGHTS_KEY = "steelyard.weights";
  private static final String MODEL_KEY = PackedModel.ORIGIN;
  private static final String CHECKSUM_KEY = "steelyard.checksum";
  private static final String VERSION = "1";
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(MapperFeature.AUTO_DETECT_IS_GETTERS).build();

  /** How one weight is packed. */
  record Layout(List<Long> shape, int bits, int lowest, double offset) {
    static Layout of(PackedWeight weight) {
      return new Layout(
          Arrays.stream(weight.shape()).boxed().toList(),
          weight.bits(),
          weight.lowest(),
          weight.offset());
    }
  }

  /** The metadata of a file that is to be written. */
  static Map<String, String> metadata(
      Map<String, PackedWeight> weights,
      QuantizationConfiguration configuration,
      Optional<Origin> origin,
      Optional<Provenance> provenance)
      throws IOException {
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
    if (provenance.isPresent()) {
      metadata.put(ModelFile.PROVENANCE, JSON.writeValueAsString(provenance.get()));
    }
    return metadata;
  }

  /** How files were told from damaged ones before every file had a checksum of all it holds. */
  private static String checksum(Map<String, Tensor> tensors, Map<String, String> metadata) {
    CRC32C texts = new CRC32C();
    for (String key : List.of(VERSION_KEY, QUANTIZATION_KEY, WEIGHTS_KEY, MODEL_KEY)) {
      texts.update((key + metadata.getOrDefault(key, "")).getBytes(StandardCharsets.UTF_8));
    }
    return TensorChecksum.of(new TreeMap<>(tensors)) + "%08x".formatted(texts.getValue());
  }

  boolean isPacked() {
    return open.metadata().containsKey(VERSION_KEY);
  }

  QuantizationConfiguration configuration() throws IOException {
    if (!isPacked()) {
      throw new FileFormatException(
          path, "it is not a packed model: its metadata lack '" + VERSION_KEY + "'");
    }
    String version = open.metadata().get(VERSION_KEY);
    if (!version.equals(VERSION)) {
      throw new FileFormatException(
          path, "its layout has version " + version + ", but this program reads " + VERSION);
    }
    return read(QUANTIZATION_KEY, QuantizationConfiguration.class);
  }

  Optional<Origin> origin() throws IOException {
    configuration();
    return open.metadata().containsKey(MODEL_KEY)
        ? Optional.of(read(MODEL_KEY, Origin.class))
        : Optional.empty();
  }

  /** The layouts of the weights by name, as JSON values. */
  Map<?, ?> layouts() throws IOException {
    return read(WEIGHTS_KEY, Map.class);
  }

  Layout layout(Map<?, ?> layouts, String name) throws IOException {
    try {
      Layout layout = JSON.convertValue(layouts.get(name), Layout.class);
      if (layout != null && layout.shape != null) {
        return layout;
      }
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(path, "the layout of '" + name + "' is damaged", e);
    }
    throw new FileFormatException(path, "it has no layout of the weight '" + name + "'");
  }

  /** The shapes of the tensors, and of the weights as they were before they were packed. */
  Map<String, long[]> shapes(Map<?, ?> layouts) throws IOException {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    open.tensors().forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    for (Object key : layouts.keySet()) {
      String name = key.toString();
      shapes.put(name, layout(layouts, name).shape().stream().mapToLong(n -> n).toArray());
    }
    return shapes;
  }

  void requireChecksum() throws IOException {
    if (open.hasChecksum()) {
      return; // What is read is compared.
    }
    String saved = open.metadata().get(CHECKSUM_KEY);
    String now = Scope.compute(() -> checksum(open.readAll(), open.metadata()));
    if (!now.equals(saved)) {
      throw new FileFormatException(
          path, "its content has the checksum " + now + ", but " + saved + " was written");
    }
  }

  /** The type in which the model computes. */
  ScalarType scaleType() throws IOException {
    for (TensorInfo tensor : open.tensors().values()) {
      if (tensor.name().endsWith("weight.scale")) {
        return tensor
            .dtype()
            .scalarType()
            .orElseThrow(
                () -> new FileFormatException(path, "'" + tensor.name() + "' has no type here"));
      }
    }
    throw new FileFormatException(path, "it has no scale of a weight");
  }

  private <T> T read(String key, Class<T> type) throws IOException {
    String text = open.metadata().get(key);
    try {
      T value = text == null ? null : JSON.readValue(text, type);
      if (value != null) {
        return value;
      }
    } catch (JsonProcessingException e) {
      throw new FileFormatException(
          path, "the metadata '" + key + "' are damaged: " + e.getOriginalMessage(), e);
    }
    throw new FileFormatException(path, "the metadata '" + key + "' are missing");
  }
}
