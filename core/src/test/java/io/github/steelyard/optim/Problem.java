package io.github.steelyard.optim;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Least squares of a linear map with a bias, and a parameter that takes no part. */
final class Problem {
  final Parameter weight;
  final Parameter bias = new Parameter(torch.zeros(6));
  final Parameter idle = new Parameter(torch.ones(2, 2));
  final Tensor x;
  final Tensor y;
  final List<ParameterGroup> groups;

  Problem(double learningRate) {
    torch.manual_seed(5);
    weight = new Parameter(torch.randn(6, 4).mul(new Scalar(0.3)));
    x = torch.randn(32, 4);
    y = torch.randn(32, 6);
    groups =
        List.of(
            new ParameterGroup("decay", Map.of("fc.weight", weight), learningRate, 1e-3),
            new ParameterGroup("no_decay", Map.of("fc.bias", bias, "idle", idle), learningRate, 0));
  }

  double backward() {
    return Scope.compute(
        () -> {
          Tensor loss =
              torch.mse_loss(torch.linear(x, weight.value(), new TensorOptional(bias.value())), y);
          loss.backward();
          return loss.item_double();
        });
  }

  double step(Optimizer optimizer) {
    optimizer.zeroGrad();
    double loss = backward();
    optimizer.step();
    return loss;
  }

  List<Float> weights() {
    List<Float> all = new ArrayList<>();
    Scope.run(
        () -> {
          for (Parameter parameter : List.of(weight, bias, idle)) {
            Tensor flat = parameter.tensor().detach().reshape(-1);
            for (long i = 0; i < flat.numel(); i++) {
              all.add(flat.get(i).item_float());
            }
          }
        });
    return all;
  }
}
