package io.github.steelyard.cli.section;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.io.onnx.OnnxOptions;
import io.github.steelyard.io.onnx.OnnxStorage;
import io.github.steelyard.runtime.Suggestion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which files a recipe writes.
 *
 * @param formats at least one
 * @param withPreprocessing whether the ONNX graph takes decoded pictures
 * @param opset version of the ONNX graph's operator set
 * @param storage how the ONNX graph stores integers of few bits
 * @param arithmetic how the ONNX graph of a quantized network multiplies
 */
record ExportRecipe(
    List<ExportFormat> formats,
    boolean withPreprocessing,
    int opset,
    OnnxStorage storage,
    Arithmetic arithmetic) {
  private static final String FORMATS = "formats";
  private static final String PREPROCESSING = "with_preprocessing";
  private static final String OPSET = "opset";
  private static final List<String> ONNX = List.of(OPSET, "storage", "arithmetic");

  /**
   * Copies the list.
   *
   * @param formats at least one
   * @param withPreprocessing whether the ONNX graph takes decoded pictures
   * @param opset version of the operator set
   * @param storage how integers are stored
   * @param arithmetic how it multiplies
   */
  ExportRecipe {
    formats = List.copyOf(formats);
  }

  static ExportRecipe read(Mapping section) {
    List<String> keys = new ArrayList<>(List.of(FORMATS, PREPROCESSING));
    keys.addAll(ONNX);
    section.allowOnly(keys);
    JsonNode written = section.get(FORMATS);
    List<String> names = new ArrayList<>();
    if (written instanceof ArrayNode list) {
      list.forEach(format -> names.add(format.asText()));
    } else if (written != null && written.isTextual()) {
      names.add(written.textValue());
    }
    Map<String, ExportFormat> known = new LinkedHashMap<>();
    Stream.of(ExportFormat.values()).forEach(format -> known.put(Output.word(format), format));
    if (names.isEmpty()) {
      throw section.error(
          FORMATS, "must be a list of " + String.join(", ", known.keySet()) + ", such as [onnx]");
    }
    List<ExportFormat> formats = new ArrayList<>();
    for (String name : names) {
      if (!known.containsKey(name)) {
        throw section.error(
            FORMATS, "there is no format '" + name + "'" + Suggestion.clause(name, known.keySet()));
      }
      formats.add(known.get(name));
    }
    boolean withPreprocessing = section.flag(PREPROCESSING, false);
    if (!formats.contains(ExportFormat.ONNX)) {
      Stream.concat(
              withPreprocessing ? Stream.of(PREPROCESSING) : Stream.empty(),
              ONNX.stream().filter(section::has))
          .forEach(
              key -> {
                throw section.error(key, "needs onnx among the formats: other files hold weights");
              });
    }
    OnnxOptions usual = OnnxOptions.defaults();
    ExportRecipe recipe =
        section
            .only(ONNX.toArray(String[]::new))
            .read(
                new ExportRecipe(
                    formats,
                    withPreprocessing,
                    usual.opset(),
                    usual.storage(),
                    Arithmetic.INTEGER));
    section.checked(OPSET, recipe::options);
    return recipe;
  }

  /** As a recipe says it: without what only an ONNX graph has where there is none. */
  ObjectNode written() {
    ObjectNode written = Mapping.MAPPER.valueToTree(this);
    return formats.contains(ExportFormat.ONNX) ? written : written.without(ONNX);
  }

  /** What the ONNX graph may use. */
  OnnxOptions options() {
    return new OnnxOptions(opset, storage, arithmetic == Arithmetic.INTEGER);
  }

  /** Whether a file of the format gets it. */
  boolean withPreprocessing(ExportFormat format) {
    return withPreprocessing && format == ExportFormat.ONNX;
  }

  /** Says what a format cannot hold, before hours of training; empty if it suits the network. */
  static Optional<String> misfit(ExportFormat format, boolean isQuantized) {
    return switch (format) {
      case PACKED ->
          isQuantized
              ? Optional.empty()
              : Optional.of(
                  "packed holds integers of few bits, but the network is not quantized; choose onnx"
                      + " or safetensors, or add a section 'quantization'");
      case SAFETENSORS ->
          isQuantized
              ? Optional.of(
                  "safetensors holds weights in full precision, but the network is quantized; choose"
                      + " packed or onnx")
              : Optional.empty();
      case ONNX -> Optional.empty();
    };
  }
}
