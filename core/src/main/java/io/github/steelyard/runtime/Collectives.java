package io.github.steelyard.runtime;

import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What the ranks of a group can say to one another: numbers, tensors and texts. */
abstract sealed class Collectives permits Distributed {
  private final ProcessGroups groups;

  /**
   * Of a group.
   *
   * @param groups null for one process alone
   */
  Collectives(ProcessGroups groups) {
    this.groups = groups;
  }

  /** What the group is made of; null for one process alone. */
  final ProcessGroups groups() {
    return groups;
  }

  /**
   * Which of the group's processes this is.
   *
   * @return from 0 to {@link #size()} - 1
   */
  public abstract int rank();

  /**
   * How many processes the group has.
   *
   * @return at least 1
   */
  public abstract int size();

  /**
   * Adds up a tensor over all ranks, in place. The order of the sum is libtorch's own.
   *
   * @param tensor of the same shape and type in all ranks, contiguous, on the processor or in each
   *     rank on the GPU of its {@link Distributed#localRank()}; holds the sum afterwards
   * @throws DistributedException if the group failed
   * @throws IllegalArgumentException if it is on another GPU
   * @throws EngineUnavailableException if it is on a GPU and NCCL is missing
   */
  public void sum(Tensor tensor) {
    if (size() > 1) {
      Scope.withoutGradient(() -> groups.sum(tensor.detach()));
    }
  }

  /**
   * The sum of a tensor over all ranks, through which gradients flow: the gradient of each rank's
   * tensor is the sum of all ranks' gradients of the result.
   *
   * @param tensor of the same shape and type in all ranks
   * @return the sum; with gradients recorded if the tensor has them
   * @throws DistributedException if the group failed
   */
  public Tensor sumWithGradient(Tensor tensor) {
    if (size() == 1) {
      return tensor;
    }
    Tensor total = tensor.detach().clone();
    sum(total);
    if (!tensor.requires_grad()) {
      return total;
    }
    Tensor result = tensor.add(total.sub(tensor.detach()));
    result.set_data(total);
    result.register_hook(GradientSum.HOOK);
    return result;
  }

  /**
   * Adds up a tensor over all ranks as a balanced tree over the ranks' numbers: ((0 + 1) + (2 + 3))
   * + ..., so that the bits of the sum do not depend on which rank has which part of the tree.
   * log2(size) rounds, in each of which the tensor goes over the wire once.
   *
   * @param tensor of the same shape and type in all ranks, contiguous, on the processor; holds the
   *     sum afterwards
   * @throws IllegalArgumentException if it is on a GPU
   * @throws IllegalStateException if the number of ranks is not a power of two
   * @throws DistributedException if the group failed
   */
  public void sumAsTree(Tensor tensor) {
    if (Integer.bitCount(size()) != 1) {
      throw new IllegalStateException("a tree needs 1, 2, 4, 8 ... ranks, not " + size());
    }
    if (!tensor.is_cpu()) {
      throw new IllegalArgumentException("ranks add up as a tree on the processor only");
    }
    for (int distance = 1; distance < size(); distance *= 2) {
      int partner = rank() ^ distance;
      int tag = distance;
      Scope.withoutGradient(
          () -> {
            Tensor own = tensor.detach();
            Tensor others = torch.empty_like(own);
            groups.exchange(own, others, partner, tag);
            own.add_(others);
          });
    }
  }

  /**
   * Gathers numbers from all ranks.
   *
   * @param own this rank's, as many in all ranks
   * @return each rank's numbers, by rank
   * @throws DistributedException if the group failed
   */
  public double[][] gather(double... own) {
    if (size() == 1) {
      return new double[][] {own.clone()};
    }
    return Scope.computeWithoutGradient(
        () -> {
          Tensor sent = Tensor.create(own, own.length);
          Tensor received =
              torch.empty(
                  new long[] {(long) size() * own.length},
                  new TensorOptions(ScalarType.Double),
                  null);
          groups.gather(received, sent);
          double[] all = new double[size() * own.length];
          new DoublePointer(received.data_ptr()).get(all);
          double[][] rows = new double[size()][own.length];
          for (int r = 0; r < size(); r++) {
            System.arraycopy(all, r * own.length, rows[r], 0, own.length);
          }
          return rows;
        });
  }

  /**
   * Adds up numbers over all ranks, in the order of the ranks.
   *
   * @param own this rank's, as many in all ranks
   * @return the sums
   * @throws DistributedException if the group failed
   */
  public double[] sum(double... own) {
    double[] sums = new double[own.length];
    for (double[] rank : gather(own)) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += rank[i];
      }
    }
    return sums;
  }

  /**
   * Whether something holds in any rank.
   *
   * @param own whether it holds in this one
   * @return the same in all ranks
   * @throws DistributedException if the group failed
   */
  public boolean any(boolean own) {
    return sum(own ? 1 : 0)[0] > 0;
  }

  /**
   * Waits until all ranks are here.
   *
   * @throws DistributedException if the group failed
   */
  public void barrier() {
    gather(0);
  }

  /**
   * What one rank says, heard by all.
   *
   * @param own what this rank says; counts in that rank only
   * @param speaker whose text is wanted
   * @return the speaker's text
   * @throws DistributedException if the group failed
   */
  public String tell(String own, int speaker) {
    byte[] bytes = own.getBytes(StandardCharsets.UTF_8);
    int length = (int) gather(bytes.length)[speaker][0];
    if (size() == 1 || length == 0) {
      return length == 0 ? "" : own;
    }
    return Scope.computeWithoutGradient(
        () -> {
          Tensor text = torch.empty(new long[] {length}, new TensorOptions(ScalarType.Byte), null);
          if (rank() == speaker) {
            new BytePointer(text.data_ptr()).put(bytes);
          }
          groups.broadcast(text, speaker);
          byte[] heard = new byte[length];
          new BytePointer(text.data_ptr()).get(heard);
          return new String(heard, StandardCharsets.UTF_8);
        });
  }

  /**
   * Runs work that communicates inside libtorch, such as a backward pass with reductions, so that a
   * failure in it is explained.
   *
   * @param work what communicates
   * @throws DistributedException if the group failed meanwhile
   */
  public void communicate(Runnable work) {
    if (groups == null) {
      work.run();
      return;
    }
    groups.communicate(
        () -> {
          work.run();
          return null;
        });
  }
}
