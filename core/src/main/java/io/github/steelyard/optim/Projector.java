package io.github.steelyard.optim;

import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The projection that SGDP and AdamP share. It decides per parameter, and takes the steps of those
 * that are projected; the others are left to the optimizer's kernel.
 */
final class Projector {
  /** Computes the optimizer's steps before projection and decay. */
  interface Direction {
    /**
     * Updates the moments and returns the steps.
     *
     * @param bucket some parameters
     * @param zeros gives zero tensors like the parameters, for steps that are scratch
     */
    RowKernel.Steps of(Bucket bucket, Supplier<List<Tensor>> zeros);
  }

  /**
   * Elements of the parameters that are projected together: enough that a call's cost does not
   * matter, few enough that their steps are still in a near cache when they are projected.
   */
  private static final long BATCH = 1 << 20;

  private final double delta;
  private final double eps;
  private final RowKernel blas = new BlasRows();
  private final RowKernel tensors = new TensorRows();
  private final Map<String, Projection> last = new LinkedHashMap<>();

  /** Room for the steps of a batch; zero between uses. */
  private Tensor scratch;

  Projector(Slots slots, double delta, double eps) {
    this.delta = delta;
    this.eps = eps;
    slots.all().forEach(slot -> last.put(slot.name, Projection.NEVER));
  }

  /** What happened to each parameter in the last step. */
  Map<String, Projection> last() {
    return new LinkedHashMap<>(last);
  }

  /** Forgets the last step. */
  void reset() {
    last.replaceAll((name, projection) -> Projection.NEVER);
  }

  /**
   * Takes the steps of the parameters that are projected.
   *
   * @param bucket parameters with gradients
   * @param direction the optimizer's step
   * @param shrink what the weight decay leaves of a projected weight
   * @return the parameters that are not projected
   */
  List<Slot> move(Bucket bucket, Direction direction, double shrink) {
    decide(bucket);
    record Batch(Projection projection, boolean usesBlas, List<Slot> slots) {}

    List<Slot> rest = new ArrayList<>();
    List<Batch> batches = new ArrayList<>();
    Map<Projection, Batch> open = new EnumMap<>(Projection.class);
    for (Slot slot : bucket.slots()) {
      Projection projection = last.get(slot.name);
      if (projection == Projection.NEVER) {
        rest.add(slot);
        continue;
      }
      boolean usesBlas = usesBlas(slot.parameter.tensor());
      Batch batch = open.get(projection);
      if (batch == null
          || batch.usesBlas != usesBlas
          || size(batch.slots) + slot.parameter.tensor().numel() > BATCH) {
        batch = new Batch(projection, usesBlas, new ArrayList<>());
        open.put(projection, batch);
        batches.add(batch);
      }
      batch.slots.add(slot);
    }
    for (Batch batch : batches) {
      Bucket projected = new Bucket(bucket.group(), batch.slots);
      Scope.run(() -> project(projected, direction, batch.projection, batch.usesBlas, shrink));
    }
    return rest;
  }

  private static long size(List<Slot> slots) {
    return slots.stream().mapToLong(slot -> slot.parameter.tensor().numel()).sum();
  }

  private void decide(Bucket bucket) {
    for (boolean contiguous : new boolean[] {true, false}) {
      List<Slot> slots = new ArrayList<>();
      for (Slot slot : bucket.slots()) {
        Tensor weight = slot.parameter.tensor();
        if (weight.dim() > 1 && weight.numel() > 0 && usesBlas(weight) == contiguous) {
          slots.add(slot);
        }
      }
      if (!slots.isEmpty()) {
        decide(slots, contiguous ? blas : tensors);
      }
    }
  }

  private void decide(List<Slot> slots, RowKernel kernel) {
    List<Tensor> weights = slots.stream().map(slot -> slot.parameter.tensor()).toList();
    List<Tensor> gradients = slots.stream().map(Slot::gradient).toList();
    List<RowKernel.Cosines> cosines = kernel.cosines(weights, gradients, eps);
    for (int i = 0; i < slots.size(); i++) {
      long size = weights.get(i).numel();
      long columns = size / weights.get(i).size(0);
      last.put(slots.get(i).name, decide(cosines.get(i), columns, size));
    }
  }

  private Projection decide(RowKernel.Cosines cosines, long columns, long size) {
    if (cosines.channel() < delta / Math.sqrt((double) columns)) {
      return Projection.CHANNEL;
    }
    return cosines.layer() < delta / Math.sqrt((double) size) ? Projection.LAYER : Projection.NEVER;
  }

  private static boolean usesBlas(Tensor weight) {
    return weight.is_cpu()
        && weight.scalar_type().intern() == ScalarType.Float
        && weight.is_contiguous()
        && weight.numel() <= Integer.MAX_VALUE;
  }

  private void project(
      Bucket bucket, Direction direction, Projection projection, boolean usesBlas, double shrink) {
    List<Tensor> weights = bucket.parameters();
    try {
      RowKernel.Steps steps =
          direction.of(
              bucket,
              () ->
                  usesBlas
                      ? scratchLike(weights)
                      : weights.stream().map(torch::zeros_like).toList());
      (usesBlas ? blas : tensors).project(weights, steps, projection, shrink, eps);
    } catch (RuntimeException e) {
      scratch = null; // it may not be zero
      throw e;
    }
  }

  private List<Tensor> scratchLike(List<Tensor> weights) {
    long size = weights.stream().mapToLong(Tensor::numel).sum();
    if (scratch == null || scratch.numel() < size) {
      scratch = Scope.keep(torch.zeros(size));
    }
    List<Tensor> parts = new ArrayList<>();
    long start = 0;
    for (Tensor weight : weights) {
      parts.add(scratch.narrow(0, start, weight.numel()).view_as(weight));
      start += weight.numel();
    }
    return parts;
  }
}
