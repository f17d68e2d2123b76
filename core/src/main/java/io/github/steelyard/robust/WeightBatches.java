package io.github.steelyard.robust;

import io.github.steelyard.nn.LayerWeights;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Gathers the weights that layers see, so that a penalty is a few large operations. */
final class WeightBatches {
  private WeightBatches() {}

  /** All values side by side, [n]. */
  static Tensor flat(Module model, List<String> layers) {
    TensorVector parts = new TensorVector();
    values(model, layers).forEach(value -> parts.push_back(value.reshape(-1)));
    return torch.cat(parts, 0);
  }

  /** Matrices [layers, out, rest], one tensor for each shape. */
  static List<Tensor> matrices(Module model, List<String> layers) {
    Map<List<Long>, TensorVector> byShape = new LinkedHashMap<>();
    for (Tensor value : values(model, layers)) {
      Tensor matrix = value.flatten(1, -1);
      byShape
          .computeIfAbsent(List.of(matrix.size(0), matrix.size(1)), s -> new TensorVector())
          .push_back(matrix);
    }
    return byShape.values().stream()
        .map(same -> same.size() == 1 ? same.get(0).unsqueeze(0) : torch.stack(same, 0))
        .toList();
  }

  private static List<Tensor> values(Module model, List<String> layers) {
    List<Tensor> values = new ArrayList<>();
    LayerWeights.matching(model, layers).values().stream()
        .map(Parameter::value)
        .forEach(values::add);
    return values;
  }

  /** The smaller of W W^T and W^T W, [layers, r, r] with r = min(out, rest). */
  static Tensor gram(Tensor matrices) {
    Tensor wide = matrices.size(1) <= matrices.size(2) ? matrices : matrices.transpose(1, 2);
    return wide.bmm(wide.transpose(1, 2));
  }
}
