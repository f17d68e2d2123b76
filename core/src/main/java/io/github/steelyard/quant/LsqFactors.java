package io.github.steelyard.quant;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * What {@link Lsq} computes of a tensor in a forward pass with gradients, each in the tensor's
 * shape.
 *
 * @param level the integer of each element
 * @param within dy/dx: 1 where the element lies within the range, else 0
 * @param slope dy/ds but for LSQ's coefficient; empty if s needs no gradient
 */
record LsqFactors(Tensor level, Tensor within, Optional<Tensor> slope) {
  /**
   * Tensors to be filled, of the type of x / s.
   *
   * @param own whether nobody reads x any more, so that levels may take its place
   */
  static LsqFactors allocate(Tensor x, Tensor s, boolean own, boolean scaleLearns) {
    Tensor like = x.detach();
    if (like.scalar_type().intern() != s.scalar_type().intern()) {
      like = torch.empty_like(like).to(torch.result_type(like, s));
    }
    boolean inPlace = own && like.scalar_type().intern() == x.scalar_type().intern();
    return new LsqFactors(
        inPlace ? x.detach() : torch.empty_like(like),
        torch.empty_like(like),
        scaleLearns ? Optional.of(torch.empty_like(like)) : Optional.empty());
  }

  /** Some positions of the first dimension. */
  LsqFactors narrow(long start, long length) {
    return new LsqFactors(
        level.narrow(0, start, length),
        within.narrow(0, start, length),
        slope.map(tensor -> tensor.narrow(0, start, length)));
  }
}
