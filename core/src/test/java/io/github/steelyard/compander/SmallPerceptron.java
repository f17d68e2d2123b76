package io.github.steelyard.compander;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.ComputedBatches;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A perceptron with dropout for images of 6 x 6 pixels and four classes, and one batch. */
final class SmallPerceptron {
  private SmallPerceptron() {}

  /** The same images in each batch. */
  static BatchSource batches(int count) {
    return new ComputedBatches(count, (epoch, number) -> new Batch(images(16), labels(16)));
  }

  static Module create() {
    Seeds.set(5);
    return Models.create(
        "mlp",
        ModelOptions.none()
            .with(o -> o.hidden = List.of(12, 12))
            .with(o -> o.dropout = 0.1)
            .with(o -> o.imageSize = 6));
  }

  /** Drawn without libtorch's generator, which dropout uses. */
  static Tensor images(int count) {
    return torch
        .arange(new Scalar(count * 36L))
        .mul(new Scalar(0.7))
        .sin()
        .reshape(count, 1, 6, 6)
        .to(ScalarType.Float);
  }

  static Tensor labels(int count) {
    return torch.tensor(LongStream.range(0, count).map(i -> i % 4).toArray());
  }

  static Tensor logits(Module model) {
    model.eval();
    return Scope.computeWithoutGradient(() -> model.forward(images(8)));
  }

  static double step(Module model, Optimizer optimizer) {
    model.train();
    return Scope.compute(
        () -> {
          optimizer.zeroGrad();
          Tensor loss = torch.cross_entropy_loss(model.forward(images(16)), labels(16));
          loss.backward();
          optimizer.step();
          return loss.item_double();
        });
  }
}
