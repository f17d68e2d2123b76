package io.github.steelyard.bench;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * SGDP and AdamP as their page writes them, one tensor operation after another: the baseline that
 * the library's are compared with.
 */
final class PlainOptimizers {
  private static final double LEARNING_RATE = OptimizerSpeed.LEARNING_RATE;
  private static final double WEIGHT_DECAY = OptimizerSpeed.WEIGHT_DECAY;
  private static final double EPS = 1e-8;
  private static final double DELTA = 0.1;
  private static final double WD_RATIO = 0.1;

  private final List<Parameter> parameters;
  private final List<Tensor> m = new ArrayList<>();
  private final List<Tensor> v = new ArrayList<>();
  private int t;

  PlainOptimizers(Collection<Parameter> parameters) {
    this.parameters = List.copyOf(parameters);
    for (Parameter parameter : parameters) {
      m.add(Scope.keep(torch.zeros_like(parameter.tensor().detach())));
      v.add(Scope.keep(torch.zeros_like(parameter.tensor().detach())));
    }
  }

  private record Projected(Tensor direction, double ratio) {}

  void stepAdamP() {
    t++;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double c1 = 1 - Math.pow(beta1, t);
    double c2 = 1 - Math.pow(beta2, t);
    for (int i = 0; i < parameters.size(); i++) {
      Tensor p = parameters.get(i).tensor();
      Tensor g = parameters.get(i).grad();
      m.get(i).mul_(new Scalar(beta1)).add_(g, new Scalar(1 - beta1));
      v.get(i).mul_(new Scalar(beta2)).addcmul_(g, g, new Scalar(1 - beta2));
      Tensor denom = v.get(i).sqrt().div_(new Scalar(Math.sqrt(c2))).add_(new Scalar(EPS));
      Projected step = project(p, g, m.get(i).div(denom));
      p.mul_(new Scalar(1 - LEARNING_RATE * WEIGHT_DECAY * step.ratio));
      p.add_(step.direction, new Scalar(-LEARNING_RATE / c1));
    }
  }

  void stepSgdp() {
    double momentum = OptimizerSpeed.MOMENTUM;
    for (int i = 0; i < parameters.size(); i++) {
      Tensor p = parameters.get(i).tensor();
      Tensor g = parameters.get(i).grad();
      m.get(i).mul_(new Scalar(momentum)).add_(g);
      Projected step = project(p, g, m.get(i));
      p.mul_(new Scalar(1 - LEARNING_RATE * WEIGHT_DECAY * step.ratio / (1 - momentum)));
      p.add_(step.direction, new Scalar(-LEARNING_RATE));
    }
  }

  private static Projected project(Tensor p, Tensor g, Tensor d) {
    if (p.dim() > 1) {
      for (long rows : new long[] {p.size(0), 1}) {
        Tensor pRows = p.view(rows, -1);
        Tensor cosine = torch.cosine_similarity(g.view(rows, -1), pRows, 1, EPS).abs();
        if (cosine.max().item_double() < DELTA / Math.sqrt((double) pRows.size(1))) {
          long[] perRow = new long[(int) p.dim()];
          Arrays.fill(perRow, 1);
          perRow[0] = rows;
          Tensor norm =
              torch
                  .norm(pRows, new ScalarOptional(new Scalar(2)), new long[] {1}, false)
                  .view(perRow)
                  .add_(new Scalar(EPS));
          Tensor unit = p.div(norm);
          Tensor radial =
              unit.mul(d)
                  .view(rows, -1)
                  .sum(new long[] {1}, false, new ScalarTypeOptional())
                  .view(perRow);
          return new Projected(d.sub_(unit.mul(radial)), WD_RATIO);
        }
      }
    }
    return new Projected(d, 1);
  }
}
