package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Scope;
import org.bytedeco.pytorch.Tensor;

/**
 * The coordinates of one layer: {@code f^ = f C} for an activation f (a row). All tensors are in
 * double precision on the processor.
 *
 * @param layer the layer
 * @param samples data points that it was computed from
 * @param mean the activations' mean [width]
 * @param gram Gram matrix of the activations [width, width], shifted if centred
 * @param gramEigenvalues its eigenvalues [width], falling; the constant direction's first if
 *     centred
 * @param jacobianGram M', the mean of J^T J in the neuron basis [width, width]; empty [0] for bases
 *     that do not use the next layer
 * @param jacobianError the standard error of M' from random sources, relative to its size; 0 if it
 *     is exact, not a number with a single source
 * @param gradientProduct Lambda' [width, width] of the integrated bases; empty [0] for others
 * @param rawLambda the eigenvalues before sorting and dropping [directions that the activations
 *     span]; for bases that do not use the next layer those of the Gram matrix
 * @param lambda the eigenvalues of the columns of C [rank], falling; the constant direction's first
 *     if centred
 * @param vectors C [width, rank]
 * @param inverse C^+ [rank, width], with {@code C^+ C = I}
 * @param orthogonalVectors the principal directions W [width, directions that the activations
 *     span], in the order of the Gram matrix's eigenvalues
 * @param orthogonalInverse W^+
 * @param constantColumn which column is the constant direction or coordinate; -1 if none is
 */
public record LayerBasis(
    NodeLayer layer,
    long samples,
    Tensor mean,
    Tensor gram,
    Tensor gramEigenvalues,
    Tensor jacobianGram,
    double jacobianError,
    Tensor gradientProduct,
    Tensor rawLambda,
    Tensor lambda,
    Tensor vectors,
    Tensor inverse,
    Tensor orthogonalVectors,
    Tensor orthogonalInverse,
    int constantColumn) {

  /**
   * Whether the constant direction is kept apart as the first column.
   *
   * @return true if centred
   */
  public boolean constantFirst() {
    return constantColumn == 0;
  }

  /**
   * The principal directions of the same activations as a basis of their own, for comparison.
   *
   * @return C = W, ordered by the eigenvalues of the Gram matrix
   */
  public LayerBasis principal() {
    long kept = orthogonalVectors.size(1);
    return new LayerBasis(
        layer,
        samples,
        mean,
        gram,
        gramEigenvalues,
        jacobianGram,
        jacobianError,
        gradientProduct,
        rawLambda,
        Scope.keep(Scope.computeWithoutGradient(() -> orthogonalEigenvalues(kept))),
        orthogonalVectors,
        orthogonalInverse,
        orthogonalVectors,
        orthogonalInverse,
        constantFirst() ? 0 : -1);
  }

  private Tensor orthogonalEigenvalues(long kept) {
    return gramEigenvalues.narrow(0, 0, kept).clone();
  }

  /**
   * The neurons of the same layer as a basis of their own, for comparison.
   *
   * @return C = I; importance is the mean square of an activation about its mean if centred
   */
  public LayerBasis neurons() {
    return BasisSolver.neurons(layer, new Moments(mean, gram, samples));
  }

  /**
   * The columns by importance: the constant one first, then by falling eigenvalue. What is removed
   * first stands last.
   *
   * @return a permutation of the column numbers
   */
  public int[] columnsByImportance() {
    double[] sizes = Matrices.values(lambda);
    if (constantColumn >= 0) {
      sizes[constantColumn] = Double.POSITIVE_INFINITY;
    }
    return Matrices.falling(sizes, 0);
  }

  /**
   * The number of basis vectors.
   *
   * @return at least 0
   */
  public int rank() {
    return Math.toIntExact(vectors.size(1));
  }

  /**
   * Directions in which the activations do not vary: the first degeneracy.
   *
   * @return eigenvalues of the Gram matrix at or below the threshold
   */
  public int droppedByActivations() {
    return layer.width() - Math.toIntExact(orthogonalVectors.size(1));
  }

  /**
   * Directions in which the activations vary without any effect on the next layer: the second
   * degeneracy.
   *
   * @return eigenvalues of the basis below the threshold
   */
  public int droppedByGradients() {
    return Math.toIntExact(orthogonalVectors.size(1)) - rank();
  }

  @Override
  public String toString() {
    return "%s: %d of %d directions, %d without activation, %d without effect"
        .formatted(
            layer.name(), rank(), layer.width(), droppedByActivations(), droppedByGradients());
  }
}
