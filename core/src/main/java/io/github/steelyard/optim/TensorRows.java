package io.github.steelyard.optim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Rows by tensor operations: any device, type and layout. Half precision is summed in single. All
 * cosines come to the host in one transfer.
 */
final class TensorRows implements RowKernel {
  @Override
  public List<Cosines> cosines(
      List<Tensor> weights, List<Tensor> gradients, double eps, double delta) {
    TensorVector both = new TensorVector();
    for (int i = 0; i < weights.size(); i++) {
      Tensor p = rows(weights.get(i), Projection.CHANNEL);
      Tensor g = rows(gradients.get(i), Projection.CHANNEL);
      Tensor pg = dot(p, g);
      Tensor pp = dot(p, p);
      Tensor gg = dot(g, g);
      both.push_back(cosine(pg, pp, gg, eps).max());
      both.push_back(cosine(pg.sum(), pp.sum(), gg.sum(), eps));
    }
    Tensor host = torch.stack(both).to(ScalarType.Double).cpu();
    List<Cosines> cosines = new ArrayList<>();
    for (int i = 0; i < weights.size(); i++) {
      cosines.add(new Cosines(host.get(2L * i).item_double(), host.get(2L * i + 1).item_double()));
    }
    return cosines;
  }

  private static Tensor cosine(Tensor pg, Tensor pp, Tensor gg, double eps) {
    Scalar smallest = new Scalar(eps);
    // One after the other: the product of two small norms would be 0.
    return pg.abs().div_(pp.sqrt().clamp_min_(smallest)).div_(gg.sqrt().clamp_min_(smallest));
  }

  @Override
  public void project(
      List<Tensor> weights, Steps steps, Projection view, double shrink, double eps) {
    for (int i = 0; i < weights.size(); i++) {
      Tensor weight = weights.get(i);
      Tensor direction = steps.directions().get(i);
      Tensor p = rows(weight, view);
      Tensor norm = dot(p, p).sqrt_().add_(new Scalar(eps));
      Tensor radial = dot(p, rows(direction, view)).div_(norm).div_(norm);
      long[] perRow = new long[(int) weight.dim()];
      Arrays.fill(perRow, 1);
      perRow[0] = radial.numel();
      direction.sub_(HalfPrecision.widened(weight).mul(radial.view(perRow)));
      weight.mul_(new Scalar(shrink)).add_(direction, new Scalar(steps.rate()));
      if (steps.scratch()) {
        direction.zero_();
      }
    }
  }

  private static Tensor rows(Tensor tensor, Projection view) {
    return HalfPrecision.widened(tensor.reshape(view == Projection.LAYER ? 1 : tensor.size(0), -1));
  }

  private static Tensor dot(Tensor a, Tensor b) {
    return a.mul(b).sum(new long[] {1}, false, new ScalarTypeOptional());
  }
}
