package io.github.steelyard.interaction;

import io.github.steelyard.runtime.Scope;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * From moments and M' to a basis, steps 1 to 9 of the method: eigenvectors of the Gram matrix,
 * whitening, eigenvectors of the whitened M', scaling.
 */
final class BasisSolver {
  private final double threshold;
  private final BasisKind kind;
  private final boolean centred;

  BasisSolver(InteractionConfiguration configuration) {
    this.threshold = configuration.threshold();
    this.kind = configuration.basis();
    this.centred = configuration.centred();
  }

  /** Principal directions of a layer: W, W^+, D and which of them are kept. */
  private record Directions(Tensor w, Tensor inverse, Tensor eigenvalues, Tensor kept) {}

  private boolean shifts(NodeLayer layer) {
    return centred && layer.constant();
  }

  /** The layer's own coordinates. */
  static LayerBasis neurons(NodeLayer layer, Moments moments) {
    return Scope.computeWithoutGradient(
        () -> {
          Tensor eye = Matrices.eye(layer.width());
          Tensor sizes = moments.gram().diagonal().clone();
          Tensor eigenvalues = Matrices.eigen(moments.gram(), 0).values();
          return basis(
              layer,
              moments,
              eigenvalues,
              null,
              sizes,
              sizes,
              eye,
              eye.clone(),
              eye,
              eye,
              layer.constant() ? layer.features() : -1);
        });
  }

  /** Principal components: C = Y U. */
  LayerBasis principal(NodeLayer layer, Moments moments) {
    return Scope.computeWithoutGradient(
        () -> {
          Directions d = directions(layer, moments);
          return basis(
              layer,
              moments,
              d.eigenvalues(),
              null,
              d.kept(),
              d.kept(),
              d.w(),
              d.inverse(),
              d.w(),
              d.inverse(),
              shifts(layer) ? 0 : -1);
        });
  }

  /** Steps 1 to 4. */
  private Directions directions(NodeLayer layer, Moments moments) {
    long width = layer.width();
    boolean shifts = shifts(layer);
    Tensor eigenvalues;
    Tensor vectors;
    if (shifts) {
      // The constant direction is known; it is not looked for among the eigenvectors.
      long[] constantFirst = new long[Math.toIntExact(width)];
      Arrays.setAll(constantFirst, i -> i == 0 ? width - 1 : i - 1);
      Tensor order = Tensor.create(constantFirst, width);
      Tensor permuted = moments.gram().index_select(0, order).index_select(1, order);
      Matrices.Eigen eigen = Matrices.eigen(permuted, 1);
      eigenvalues = eigen.values();
      vectors = torch.zeros_like(eigen.vectors());
      vectors.index_copy_(0, order, eigen.vectors());
    } else {
      Matrices.Eigen eigen = Matrices.eigen(moments.gram(), 0);
      eigenvalues = eigen.values();
      vectors = eigen.vectors();
    }
    double[] sizes = Matrices.values(eigenvalues);
    int[] kept =
        IntStream.range(0, sizes.length)
            .filter(k -> sizes[k] > threshold || (shifts && k == 0))
            .toArray();
    Tensor chosen = Matrices.columns(vectors, kept);
    Tensor w = chosen;
    Tensor inverse = chosen.t();
    if (shifts) {
      Tensor shift = Matrices.eye(width);
      Tensor back = Matrices.eye(width);
      Tensor mean = moments.mean().narrow(0, 0, layer.features());
      shift.select(0, width - 1).narrow(0, 0, layer.features()).copy_(mean.neg());
      back.select(0, width - 1).narrow(0, 0, layer.features()).copy_(mean);
      w = shift.matmul(chosen);
      inverse = chosen.t().matmul(back);
    }
    return new Directions(
        w.contiguous(), inverse.contiguous(), eigenvalues, Matrices.rows(eigenvalues, kept));
  }

  /** Steps 5 to 9. */
  LayerBasis interaction(NodeLayer layer, Moments moments, JacobianPass.Result jacobian) {
    return Scope.computeWithoutGradient(
        () -> {
          Directions d = directions(layer, moments);
          Tensor deviation = d.kept().sqrt();
          Tensor r = d.w().div(deviation.unsqueeze(0));
          Tensor inverse = d.inverse().mul(deviation.unsqueeze(1));
          Tensor m = inverse.matmul(jacobian.gram()).matmul(inverse.t());
          int apart = shifts(layer) ? 1 : 0;
          Matrices.Eigen eigen = Matrices.eigen(m, apart);
          Tensor v = eigen.vectors();
          Tensor raw = eigen.values();
          if (kind.isIntegrated()) {
            Tensor product = jacobian.gradientProduct();
            raw =
                v.t().matmul(inverse).matmul(product).matmul(r).matmul(v).diagonal().abs().clone();
          }
          double[] lambda = Matrices.values(raw);
          int[] order = order(lambda, apart);
          Tensor sorted = Matrices.rows(raw, order);
          Tensor scale = scale(sorted, apart);
          Tensor vectors = Matrices.columns(r.matmul(v), order).mul(scale.unsqueeze(0));
          Tensor back = Matrices.rows(v.t().matmul(inverse), order).div(scale.unsqueeze(1));
          return basis(
              layer,
              moments,
              d.eigenvalues(),
              jacobian,
              raw,
              sorted,
              vectors,
              back,
              d.w(),
              d.inverse(),
              apart == 1 ? 0 : -1);
        });
  }

  private int[] order(double[] lambda, int apart) {
    IntStream rest =
        Arrays.stream(Matrices.falling(lambda, apart)).filter(k -> lambda[k] >= threshold);
    return IntStream.concat(IntStream.range(0, apart), rest.filter(k -> lambda[k] > 0)).toArray();
  }

  /** The constant direction stays even where nothing depends on it; its scale is then 1. */
  private Tensor scale(Tensor lambda, int apart) {
    Tensor scale = lambda.sqrt();
    if (apart == 1 && lambda.select(0, 0).item_double() <= threshold) {
      scale.narrow(0, 0, 1).fill_(new Scalar(1.0));
    }
    return scale;
  }

  private static LayerBasis basis(
      NodeLayer layer,
      Moments moments,
      Tensor eigenvalues,
      JacobianPass.Result jacobian,
      Tensor raw,
      Tensor lambda,
      Tensor vectors,
      Tensor inverse,
      Tensor w,
      Tensor wInverse,
      int constantColumn) {
    Tensor none = Matrices.zeros(0);
    boolean integrated = jacobian != null && jacobian.gradientProduct() != null;
    return new LayerBasis(
        layer,
        moments.samples(),
        moments.mean(),
        moments.gram(),
        Scope.keep(eigenvalues),
        jacobian == null ? Scope.keep(none) : jacobian.gram(),
        jacobian == null ? 0 : jacobian.relativeError(),
        integrated ? jacobian.gradientProduct() : Scope.keep(none.clone()),
        Scope.keep(raw),
        Scope.keep(lambda),
        Scope.keep(vectors.contiguous()),
        Scope.keep(inverse.contiguous()),
        Scope.keep(w),
        Scope.keep(wInverse),
        constantColumn);
  }
}
