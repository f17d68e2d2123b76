package io.github.steelyard.runtime;

import java.util.List;
import org.bytedeco.pytorch.BoolVector;
import org.bytedeco.pytorch.LoggerOptional;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Reducer;
import org.bytedeco.pytorch.SizeTStringMap;
import org.bytedeco.pytorch.SizeTVector;
import org.bytedeco.pytorch.SizeTVectorVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * libtorch's own reducer of gradients ({@code c10d::Reducer}, the core of PyTorch's {@code
 * DistributedDataParallel}; Li et al., "PyTorch Distributed", VLDB 2020): gradients are averaged
 * over all ranks in buckets, each as soon as the backward pass has filled it, so that the
 * reductions overlap with it. Parameters that no rank used in a step keep no gradient.
 */
public final class GradientReducer implements AutoCloseable {
  /** The bytes of a bucket in PyTorch: 25 MiB. */
  public static final long BUCKET = 25 << 20;

  private static final long FIRST_BUCKET = 1 << 20;

  private final Distributed ranks;
  private final Reducer reducer;

  /** What is sent in the place of float32 gradients. */
  public enum Compression {
    /** The gradients themselves. */
    NONE,
    /**
     * float16, divided by the number of ranks before the sum: libtorch's built-in hook. Half the
     * bytes; gradients below 6e-8 become 0, above 65,504 infinite.
     */
    FLOAT16
  }

  /**
   * A reducer. All ranks make it at the same place, for parameters of the same shapes in the same
   * order.
   *
   * @param ranks the group
   * @param parameters leaves that require gradients; at least one
   * @param names their names, for messages
   * @param compression what is sent
   * @param bucket about how many bytes a bucket has, at least 1, such as {@link #BUCKET}; the first
   *     one has at most 1 MiB, and a larger parameter is a bucket of its own
   * @throws IllegalArgumentException if the group is one process, the bucket has no bytes, or the
   *     parameters are on a GPU that is not the one of {@link Distributed#localRank()}
   * @throws EngineUnavailableException if they are on a GPU and NCCL is missing
   */
  public GradientReducer(
      Distributed ranks,
      List<Tensor> parameters,
      List<String> names,
      Compression compression,
      long bucket) {
    if (ranks.size() == 1) {
      throw new IllegalArgumentException("one process has nothing to reduce");
    }
    if (bucket < 1) {
      throw new IllegalArgumentException("a bucket has at least 1 byte, not " + bucket);
    }
    long first = Math.min(FIRST_BUCKET, bucket);
    this.ranks = ranks;
    reducer =
        Scope.compute(
            () -> {
              TensorVector tensors = new TensorVector(parameters.toArray(Tensor[]::new));
              BoolVector sparse = new BoolVector(parameters.size());
              SizeTStringMap named = new SizeTStringMap();
              for (int i = 0; i < names.size(); i++) {
                sparse.put(i, false);
                named.put(i, names.get(i));
              }
              SizeTVectorVector buckets =
                  torch
                      .compute_bucket_assignment_by_size(
                          tensors,
                          new SizeTVector(first, bucket),
                          sparse,
                          new LongVector(),
                          new LoggerOptional())
                      .get0();
              return new Reducer(
                      tensors,
                      reversed(buckets),
                      ranks.groups().group(parameters.get(0)),
                      sparse,
                      bucket,
                      true,
                      false,
                      named,
                      first,
                      false,
                      false)
                  .<Reducer>retainReference();
            });
    if (compression == Compression.FLOAT16) {
      reducer.register_builtin_comm_hook(torch.BuiltinCommHookType.FP16_COMPRESS);
    }
  }

  /** Backward passes reach the last parameters first. */
  private static SizeTVectorVector reversed(SizeTVectorVector buckets) {
    long count = buckets.size();
    SizeTVectorVector reversed = new SizeTVectorVector(count);
    for (long i = 0; i < count; i++) {
      reversed.put(i, buckets.get(count - 1 - i));
    }
    return reversed;
  }

  /**
   * Runs a backward pass whose gradients, and those accumulated before, are averaged over all ranks
   * when it ends. A plain {@code backward()} accumulates without reducing.
   *
   * @param loss a scalar with gradients recorded
   * @throws DistributedException if the group failed
   */
  public void backward(Tensor loss) {
    ranks.communicate(
        () -> {
          reducer.prepare_for_backward(new TensorVector(loss));
          loss.backward();
        });
  }

  /** Takes the reducer off the parameters. */
  @Override
  public void close() {
    reducer.remove_autograd_hooks();
    reducer.deallocate();
  }
}
