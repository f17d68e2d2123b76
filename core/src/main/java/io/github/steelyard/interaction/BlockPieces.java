package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Scope;
import java.util.function.DoubleConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * The outputs of a {@link BlockSegment} on a batch, a few positions of a sample at a time: as many
 * as keep the processor busy and fit into its caches.
 *
 * @param samples in the batch
 * @param positions of each
 * @param each how many are taken together
 */
record BlockPieces(long samples, long positions, long each) {
  /** Elements of the largest tensor, 4 MB in double precision. */
  private static final long ELEMENTS = 1 << 19;

  /** Takes outputs at positions [first, first + number) of a sample. */
  @FunctionalInterface
  interface Receiver {
    void take(long sample, long first, long number);
  }

  static BlockPieces of(BlockSegment segment, long directions, Tensor activations) {
    long d = activations.size(2);
    long heads = segment.attention().map(a -> a.heads() + 1L).orElse(1L) * d;
    long hidden = segment.perceptron().map(p -> p.second().size(1)).orElse(1L);
    long elements = directions * Math.max(heads, hidden);
    long each = Math.max(1, Math.min(activations.size(1), ELEMENTS / Math.max(1, elements)));
    return new BlockPieces(activations.size(0), activations.size(1), each);
  }

  /** Visits all, and tells which part of them is done. */
  void forEach(DoubleConsumer progress, Receiver receiver) {
    for (long n = 0; n < samples; n++) {
      for (long first = 0; first < positions; first += each) {
        long sample = n;
        long from = first;
        long number = Math.min(each, positions - first);
        Scope.withoutGradient(() -> receiver.take(sample, from, number));
        progress.accept((double) (n * positions + first + number) / (samples * positions));
      }
    }
  }
}
