package com.example.deadunits;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Counts units that are never active: a unit is dead if its activation is at most 0 for every
 * sample. It then has no gradient behind a ReLU, and does not learn any more.
 *
 * @param taps the paths of the activations, [n, units, ...] behind a ReLU, such as {@code hidden1}
 * @param samples how many samples are looked at, the same share of each class; 0 for all
 */
public record DeadUnits(List<String> taps, int samples) {
  /**
   * Checks the values.
   *
   * @param taps at least one
   * @param samples at least 0
   * @throws IllegalArgumentException if a value is out of range
   */
  public DeadUnits {
    taps = List.copyOf(taps);
    if (taps.isEmpty()) {
      throw new IllegalArgumentException("dead units need at least one tap");
    }
    if (samples < 0) {
      throw new IllegalArgumentException("samples must be at least 0, but is " + samples);
    }
  }

  /**
   * Refuses a model without these activations.
   *
   * @param model the model
   * @throws IllegalArgumentException if there is no such tap; the message names the nearest
   */
  void requireTaps(Module model) {
    taps.forEach(model::getTap);
  }

  /**
   * How many units an activation has.
   *
   * @param dead those that were never active
   * @param all all of them
   */
  public record Count(long dead, long all) {}

  /**
   * Counts them. Costs one forward pass of all samples.
   *
   * @param model a model with the taps, on the device
   * @param source the samples
   * @param device where it computes
   * @return the units of each tap
   */
  public Map<String, Count> count(Module model, BatchSource source, Device device) {
    return EvaluationMode.compute(
        model, () -> Scope.computeWithoutGradient(() -> counted(model, source, device)));
  }

  private Map<String, Count> counted(Module model, BatchSource source, Device device) {
    Map<String, Tensor> active = new LinkedHashMap<>();
    List<Tap.Registration> readings = new ArrayList<>();
    try (BatchStream batches = source.epoch(0, 0)) {
      for (String tap : taps) {
        readings.add(model.getTap(tap).observe(activation -> note(active, tap, activation)));
      }
      while (batches.hasNext()) {
        Scope.run(
            () -> model.forward(batches.next().inputs().to(device.torch(), ScalarType.Float)));
      }
    } finally {
      readings.forEach(Tap.Registration::close);
    }
    Map<String, Count> counts = new LinkedHashMap<>();
    active.forEach(
        (tap, units) ->
            counts.put(tap, new Count(units.numel() - units.sum().item_long(), units.numel())));
    return counts;
  }

  /** The tensor of a tap outlives the batches: it says for each unit whether it was ever active. */
  private static void note(Map<String, Tensor> active, String tap, Tensor activation) {
    Tensor now = activation.gt(new Scalar(0.0)).transpose(0, 1).flatten(1, -1).any(1);
    Tensor before = active.get(tap);
    if (before == null) {
      active.put(tap, Scope.keep(now));
    } else {
      before.logical_or_(now);
    }
  }
}
