package io.github.steelyard.interaction;

import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Tap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A segment that is one linear layer and an elementwise activation. Its M' needs no Jacobians:
 * {@code M' = W ((mean of m^T m) o (C' C'^T)) W^T}, m the activation's slopes.
 */
final class DenseSegment {
  private final Linear linear;
  private final Module activation;

  private DenseSegment(Linear linear, Module activation) {
    this.linear = linear;
    this.activation = activation;
  }

  /** Finds them by watching which tensor goes where while the network runs. */
  static List<Optional<DenseSegment>> find(
      Module model,
      ScalarType precision,
      List<NodeLayer> layers,
      Map<String, Tap> taps,
      Tensor inputs) {
    Map<String, Tensor> seen = new LinkedHashMap<>();
    List<Tap.Registration> readings = new ArrayList<>();
    List<LayerCall> calls;
    try {
      taps.forEach((name, tap) -> readings.add(tap.observe(a -> seen.put(name, a))));
      calls =
          LayerCall.during(
              model, precision, watched -> seen.put(Segments.OUTPUT, watched.forward(inputs)));
    } finally {
      readings.forEach(Tap.Registration::close);
    }
    List<Optional<DenseSegment>> found = new ArrayList<>();
    for (int s = 0; s + 1 < layers.size(); s++) {
      found.add(between(calls, seen.get(layers.get(s).name()), seen.get(layers.get(s + 1).name())));
    }
    return found;
  }

  private static Optional<DenseSegment> between(List<LayerCall> calls, Tensor start, Tensor end) {
    List<LayerCall> readers = calls.stream().filter(call -> call.reads(start)).toList();
    if (readers.size() != 1 || !(readers.get(0).layer() instanceof Linear linear)) {
      return Optional.empty();
    }
    Tensor middle = readers.get(0).output();
    if (LayerCall.isSame(middle, end)) {
      return Optional.of(new DenseSegment(linear, null));
    }
    return calls.stream()
        .filter(call -> call.reads(middle) && call.makes(end))
        .filter(call -> HiddenPairs.isElementwise(call.layer()))
        .findFirst()
        .map(call -> new DenseSegment(linear, call.layer()));
  }

  /** The weight with the bias as its last row, [inputs + 1, outputs], double precision. */
  Tensor foldedWeight() {
    Tensor weight = linear.weight().value().detach().t().to(ScalarType.Double);
    Tensor bias =
        linear
            .bias()
            .map(b -> b.value().detach().to(ScalarType.Double))
            .orElseGet(() -> torch.zeros_like(weight.select(0, 0)));
    return torch.cat(new TensorVector(weight, bias.unsqueeze(0)), 0);
  }

  /** The activation's slopes at alpha times the values, summed over alpha. */
  Tensor slopes(Tensor values, Quadrature quadrature) {
    Tensor slopes = torch.zeros_like(values);
    double[] points = quadrature.points();
    double[] weights = quadrature.weights();
    for (int i = 0; i < points.length; i++) {
      slopes.add_(slope(activation, values.mul(new Scalar(points[i]))), new Scalar(weights[i]));
    }
    return slopes;
  }

  /** What becomes of the constant coordinate: a ReLU cuts it off below 0, others leave it. */
  Tensor constantSlopes(Tensor values, Quadrature quadrature) {
    double whole = Arrays.stream(quadrature.weights()).sum();
    Tensor all = torch.ones_like(values);
    Tensor passes = activation instanceof ReLU ? all.mul(values.gt(new Scalar(0.0))) : all;
    return passes.mul(new Scalar(whole));
  }

  /** The slopes of an elementwise activation, of none if it is null. */
  static Tensor slope(Module activation, Tensor values) {
    if (activation == null) {
      return torch.ones_like(values);
    }
    Tensor start = values.detach();
    start.set_requires_grad(true);
    boolean recording = GradMode.is_enabled();
    GradMode.set_enabled(true);
    try {
      Tensor sum = activation.forward(start).sum();
      return torch.grad(new TensorVector(sum), new TensorVector(start)).get(0);
    } finally {
      GradMode.set_enabled(recording);
    }
  }
}
