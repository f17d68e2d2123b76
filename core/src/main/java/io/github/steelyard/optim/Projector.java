package io.github.steelyard.optim;

import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
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
  /** Computes the optimizer's step of one parameter, before projection and decay. */
  interface Direction {
    /**
     * Updates the moments and returns the step.
     *
     * @param bucket one parameter
     * @param zeros gives a zero tensor like the parameter, for a step that is scratch
     */
    RowKernel.Step of(Bucket bucket, Supplier<Tensor> zeros);
  }

  private final double delta;
  private final double eps;
  private final RowKernel blas = new BlasRows();
  private final RowKernel tensors = new TensorRows();
  private final Map<String, Projection> last = new LinkedHashMap<>();

  /** Room for one step of the largest projected parameter; zero between uses. */
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
    List<Slot> rest = new ArrayList<>();
    for (Slot slot : bucket.slots()) {
      Projection projection = last.get(slot.name);
      if (projection == Projection.NEVER) {
        rest.add(slot);
      } else {
        Scope.run(() -> project(slot, bucket.group(), direction, projection, shrink));
      }
    }
    return rest;
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
      Slot slot, ParameterGroup group, Direction direction, Projection projection, double shrink) {
    Tensor weight = slot.parameter.tensor();
    boolean usesBlas = usesBlas(weight);
    Supplier<Tensor> zeros = () -> usesBlas ? scratchLike(weight) : torch.zeros_like(weight);
    try {
      RowKernel.Step step = direction.of(new Bucket(group, List.of(slot)), zeros);
      (usesBlas ? blas : tensors).project(weight, step, projection, shrink, eps);
    } catch (RuntimeException e) {
      scratch = null; // it may not be zero
      throw e;
    }
  }

  private Tensor scratchLike(Tensor weight) {
    if (scratch == null || scratch.numel() < weight.numel()) {
      scratch = Scope.keep(torch.zeros(weight.numel()));
    }
    return scratch.narrow(0, 0, weight.numel()).view_as(weight);
  }
}
