package io.github.steelyard.optim;

import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
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
   * Elements of the parameters that are moved together: enough that waking threads for them does
   * not matter, few enough that they are still in the processor's cache from one pass to the next.
   */
  private static final long BATCH = 1 << 21;

  private final Slots slots;
  private final double delta;
  private final double eps;
  private final RowKernel blas = new BlasRows();
  private final RowKernel tensors = new TensorRows();
  private final Map<String, Projection> last = new LinkedHashMap<>();

  /** Room for the steps of a batch; zero between uses. */
  private Tensor scratch;

  Projector(Slots slots, double delta, double eps) {
    this.slots = slots;
    this.delta = delta;
    this.eps = eps;
    slots.all().forEach(slot -> last.put(slot.name, Projection.NEVER));
  }

  /** What happened to each parameter in the last step. */
  Map<String, Projection> last() {
    return new LinkedHashMap<>(last);
  }

  /** Takes a step: forgets the last one and moves each bucket of parameters with gradients. */
  void step(Consumer<Bucket> move) {
    Scope.withoutGradient(
        () -> {
          List<Bucket> buckets = slots.advance();
          last.replaceAll((name, projection) -> Projection.NEVER);
          buckets.forEach(move);
        });
  }

  /**
   * Takes the steps of a bucket's parameters, a batch at a time: weights and gradients are still in
   * the cache when their step is computed.
   *
   * @param bucket parameters with gradients
   * @param direction the optimizer's step
   * @param shrink what the weight decay leaves of a projected weight
   * @param plain takes the steps of parameters that are not projected
   */
  void move(Bucket bucket, Direction direction, double shrink, Consumer<Bucket> plain) {
    for (List<Slot> batch : batches(bucket.slots())) {
      decide(batch);
      Map<Projection, List<Slot>> decided =
          batch.stream().collect(Collectors.groupingBy(slot -> last.get(slot.name)));
      decided.forEach(
          (projection, alike) -> {
            Bucket part = new Bucket(bucket.group(), alike);
            if (projection == Projection.NEVER) {
              Scope.run(() -> plain.accept(part));
            } else {
              Scope.run(() -> project(part, direction, projection, shrink));
            }
          });
    }
  }

  /** Slots of about a batch's size together, which use the same kernel. */
  private static List<List<Slot>> batches(List<Slot> slots) {
    Map<Boolean, List<Slot>> byKernel =
        slots.stream()
            .collect(Collectors.partitioningBy(slot -> usesBlas(slot.parameter.tensor())));
    List<List<Slot>> batches = new ArrayList<>();
    for (List<Slot> alike : byKernel.values()) {
      long room = 0;
      for (Slot slot : alike) {
        long size = slot.parameter.tensor().numel();
        if (slot == alike.get(0) || size > room) {
          batches.add(new ArrayList<>());
          room = BATCH;
        }
        batches.get(batches.size() - 1).add(slot);
        room -= size;
      }
    }
    return batches;
  }

  /** Decides for the weights of one batch; those of one dimension stay as they are. */
  private void decide(List<Slot> batch) {
    List<Slot> slots =
        batch.stream()
            .filter(slot -> slot.parameter.tensor().dim() > 1)
            .filter(slot -> slot.parameter.tensor().numel() > 0)
            .toList();
    if (slots.isEmpty()) {
      return;
    }
    List<Tensor> weights = slots.stream().map(slot -> slot.parameter.tensor()).toList();
    List<Tensor> gradients = slots.stream().map(Slot::gradient).toList();
    List<RowKernel.Cosines> cosines = kernel(weights).cosines(weights, gradients, eps, delta);
    for (int i = 0; i < slots.size(); i++) {
      long size = weights.get(i).numel();
      long columns = size / weights.get(i).size(0);
      last.put(slots.get(i).name, decide(cosines.get(i), columns, size));
    }
  }

  private RowKernel kernel(List<Tensor> weights) {
    return usesBlas(weights.get(0)) ? blas : tensors;
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

  private void project(Bucket bucket, Direction direction, Projection projection, double shrink) {
    List<Tensor> weights = bucket.parameters();
    boolean usesBlas = usesBlas(weights.get(0));
    try {
      RowKernel.Steps steps =
          direction.of(
              bucket,
              () ->
                  usesBlas
                      ? scratchLike(weights)
                      : weights.stream().map(torch::zeros_like).toList());
      kernel(weights).project(weights, steps, projection, shrink, eps);
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
