package io.github.steelyard.quant;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Tensors saved as {@code weight/part}, by weight and part. */
final class TensorGroups {
  private TensorGroups() {}

  static Map<String, Map<String, Tensor>> of(Map<String, Tensor> tensors) {
    Map<String, Map<String, Tensor>> groups = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          int slash = name.lastIndexOf('/');
          if (slash < 1) {
            throw new IllegalArgumentException(
                "'" + name + "' is not the name of a weight, a slash and a part");
          }
          groups
              .computeIfAbsent(name.substring(0, slash), key -> new LinkedHashMap<>())
              .put(name.substring(slash + 1), tensor);
        });
    return groups;
  }
}
