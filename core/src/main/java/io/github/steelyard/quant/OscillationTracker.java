package io.github.steelyard.quant;

import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Follows the integers of a weight from step to step. A switch is a change of an integer; an
 * oscillation is a switch against the direction of the last switch.
 *
 * <pre>
 * ema = m · oscillated + (1 - m) · ema,  with oscillated 0 or 1
 * </pre>
 *
 * <p>Paper: Nagel et al., Overcoming Oscillations in Quantization-Aware Training, ICML 2022 (arXiv
 * 2203.11086), Section 3. Memory: 10 bytes for each weight. Costs two passes over one byte for each
 * weight, one over four, and what the changed integers cost.
 */
public final class OscillationTracker {
  private final double momentum;
  private Tensor previous;
  private Tensor direction;
  private Tensor ema;
  private Tensor total;

  /**
   * A tracker that has seen nothing.
   *
   * @param momentum m of the formula, above 0 and at most 1; 0.01 is customary
   * @throws IllegalArgumentException if the momentum is out of range
   */
  public OscillationTracker(double momentum) {
    this.momentum = momentum(momentum);
  }

  static double momentum(double momentum) {
    if (!(momentum > 0 && momentum <= 1)) {
      throw new IllegalArgumentException(
          "the momentum of an oscillation must be above 0 and at most 1 (0.01 is customary), but"
              + " is "
              + momentum);
    }
    return momentum;
  }

  /**
   * Takes the integers after a step. The first ones are where the changes begin.
   *
   * @param integers of type int8, always of the same shape
   * @throws IllegalArgumentException if the shape is another than that of the first integers
   */
  public void update(Tensor integers) {
    if (previous == null) {
      Scope.withoutGradient(() -> begin(integers));
      return;
    }
    if (!Arrays.equals(previous.shape(), integers.shape())) {
      throw new IllegalArgumentException(
          "the tracked integers have the shape "
              + Arrays.toString(previous.shape())
              + ", not "
              + Arrays.toString(integers.shape()));
    }
    Scope.withoutGradient(() -> follow(integers));
  }

  /** Few integers change in a step, so that only those are looked at. */
  private void follow(Tensor integers) {
    ema.mul_(new Scalar(1 - momentum));
    Tensor changed = previous.ne(integers).view(-1).nonzero().view(-1);
    if (changed.numel() == 0) {
      return;
    }
    Tensor before = previous.view(-1).index_select(0, changed);
    Tensor after = integers.reshape(-1).index_select(0, changed);
    Tensor now = before.gt(after).to(ScalarType.Char).sub_(before.lt(after).to(ScalarType.Char));
    Tensor directions = direction.view(-1);
    Tensor against = now.mul(directions.index_select(0, changed)).eq(new Scalar(-1));
    Tensor oscillated = changed.masked_select(against);
    addAt(ema, oscillated, new Scalar(momentum));
    addAt(total, oscillated, new Scalar(1));
    directions.index_copy_(0, changed, now);
    previous.view(-1).index_copy_(0, changed, after.to(ScalarType.Char));
  }

  private static void addAt(Tensor numbers, Tensor indices, Scalar number) {
    Tensor flat = numbers.view(-1);
    flat.index_copy_(0, indices, flat.index_select(0, indices).add_(number));
  }

  private void begin(Tensor integers) {
    previous = Scope.keep(integers.detach().to(ScalarType.Char).clone());
    direction = Scope.keep(torch.zeros_like(previous));
    ema = Scope.keep(torch.zeros_like(previous).to(ScalarType.Float));
    total = Scope.keep(torch.zeros_like(previous).to(ScalarType.Int));
  }

  /**
   * Whether integers were seen.
   *
   * @return false until the first update
   */
  public boolean isStarted() {
    return previous != null;
  }

  /**
   * The moving average of each weight's oscillations.
   *
   * @return the live tensor, float32 in the weight's shape, values in [0, 1]
   * @throws IllegalStateException before the first update
   */
  public Tensor ema() {
    requireStarted();
    return ema;
  }

  /**
   * How often each weight oscillated.
   *
   * @return the live tensor, int32 in the weight's shape
   * @throws IllegalStateException before the first update
   */
  public Tensor total() {
    requireStarted();
    return total;
  }

  private void requireStarted() {
    if (previous == null) {
      throw new IllegalStateException("no integers were tracked yet");
    }
  }

  /** The live tensors by name; empty before the first update. */
  Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    if (previous != null) {
      tensors.put("previous", previous);
      tensors.put("direction", direction);
      tensors.put("ema", ema);
      tensors.put("total", total);
    }
    return tensors;
  }

  /** Forgets everything. */
  void reset() {
    previous = null;
    direction = null;
    ema = null;
    total = null;
  }

  /** Goes on where the weights are: saved tensors are read into main memory. */
  void moveTo(Tensor weight) {
    if (isStarted() && !Device.of(previous).equals(Device.of(weight))) {
      Scope.withoutGradient(
          () -> {
            Map<String, Tensor> there = new LinkedHashMap<>();
            tensors()
                .forEach(
                    (name, t) -> there.put(name, t.to(weight.device(), t.scalar_type().intern())));
            restore(there);
          });
    }
  }

  /** Continues from saved tensors of {@link #tensors}. */
  void restore(Map<String, Tensor> tensors) {
    for (String name : new String[] {"previous", "direction", "ema", "total"}) {
      if (!tensors.containsKey(name)) {
        throw new IllegalArgumentException(
            "the state of an oscillation tracker lacks '" + name + "'");
      }
    }
    Scope.withoutGradient(
        () -> {
          previous = Scope.keep(tensors.get("previous").to(ScalarType.Char).clone());
          direction = Scope.keep(tensors.get("direction").to(ScalarType.Char).clone());
          ema = Scope.keep(tensors.get("ema").to(ScalarType.Float).clone());
          total = Scope.keep(tensors.get("total").to(ScalarType.Int).clone());
        });
  }
}
