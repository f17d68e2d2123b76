package io.github.steelyard.interaction;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.TensorChecksum;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the phases of an analysis depend on, as the metadata of their files. */
final class AnalysisIdentity {
  private final Map<String, String> base = new LinkedHashMap<>();
  private final InteractionConfiguration configuration;

  private AnalysisIdentity(InteractionConfiguration configuration) {
    this.configuration = configuration;
  }

  static AnalysisIdentity of(
      Segments segments, BatchSource data, InteractionConfiguration configuration) {
    AnalysisIdentity identity = new AnalysisIdentity(configuration);
    identity.base.put("network", TensorChecksum.of(segments.model().stateDict()));
    identity.base.put("layers", segments.layers().toString());
    SegmentsConfiguration how = segments.configuration();
    // The record's name when the format was made: it is part of the files.
    identity.base.put(
        "settings",
        "SectionsConfiguration[biases=%s, precision=%s]".formatted(how.biases(), how.precision()));
    identity.base.put("data", firstBatch(data) + " and " + data.batchesPerEpoch() + " batches");
    identity.base.put("centred", Boolean.toString(configuration.centred()));
    return identity;
  }

  private static String firstBatch(BatchSource data) {
    try (BatchStream batches = data.epoch(0, 0)) {
      return Scope.compute(() -> TensorChecksum.of(Map.of("inputs", batches.next().inputs())));
    }
  }

  Map<String, String> ofMoments() {
    return base;
  }

  Map<String, String> ofBases() {
    Map<String, String> all = new LinkedHashMap<>(base);
    all.put("basis", configuration.basis().toString());
    all.put("quadrature", configuration.quadrature().toString());
    all.put("rotate_last", Boolean.toString(configuration.rotateLast()));
    all.put("threshold", Double.toString(configuration.threshold()));
    all.put("sources", configuration.sources().toString());
    return all;
  }

  Map<String, String> ofEdges() {
    Map<String, String> all = ofBases();
    all.put("edges", configuration.edges().toString());
    return all;
  }

  static void requireSame(Path file, Map<String, String> saved, Map<String, String> now)
      throws FileFormatException {
    for (Map.Entry<String, String> entry : now.entrySet()) {
      String before = saved.get(entry.getKey());
      if (!entry.getValue().equals(before)) {
        throw new FileFormatException(
            file,
            "it was computed with %s = %s, but now it is %s; use another folder, or delete the"
                    .formatted(entry.getKey(), before, entry.getValue())
                + " file to compute it again");
      }
    }
  }
}
