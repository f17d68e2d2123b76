package io.github.steelyard.io.onnx;

import io.github.steelyard.nn.export.GraphValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where a graph begins: at the samples that the network takes, or at decoded pictures. */
record OnnxInput(OnnxGraph graph, Optional<OnnxPictures> pictures) {
  static OnnxInput ofSamples(long[] shape, OnnxOptions options) {
    for (long size : shape) {
      if (size < 1) {
        throw new IllegalArgumentException(
            "the input's shape must have sizes of at least 1, but has " + size);
      }
    }
    return new OnnxInput(OnnxGraph.ofSamples(shape, options), Optional.empty());
  }

  static OnnxInput ofPictures(OnnxPictures pictures, OnnxOptions options) {
    return new OnnxInput(OnnxGraph.ofPictures(options), Optional.of(pictures));
  }

  /** What the network takes. */
  GraphValue value() {
    return pictures.map(of -> new OnnxResize(graph, of).input()).orElseGet(graph::input);
  }

  /** What a service must know of a graph that takes pictures; empty for others. */
  Map<String, Object> toJson() {
    if (pictures.isEmpty()) {
      return Map.of();
    }
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("inside", true);
    values.put("input", OnnxGraph.PICTURES);
    values.put("type", "uint8");
    values.put("axes", List.of(OnnxGraph.BATCH, OnnxGraph.HEIGHT, OnnxGraph.WIDTH, "channel"));
    values.put("channels", "RGB");
    return values;
  }
}
