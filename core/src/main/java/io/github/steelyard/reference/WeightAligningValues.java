package io.github.steelyard.reference;

import io.github.steelyard.data.Batch;
import io.github.steelyard.incremental.Herding;
import io.github.steelyard.incremental.IncrementalDistillation;
import io.github.steelyard.incremental.WeightAligning;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Weight aligning, its distillation loss with gradients, and herding, in float64. Tensors: {@code
 * weight} and {@code bias} of a last layer, {@code gamma} and {@code aligned_weight}; {@code
 * logits}, {@code old_logits} and {@code labels}, {@code kd_loss}, {@code total_loss} and {@code
 * grad_logits}; {@code features} and {@code herding_order}. Metadata: {@code old_classes}, {@code
 * new_classes} and {@code temperature}.
 */
final class WeightAligningValues implements ReferenceKind {
  @Override
  public boolean recognises(SafeTensorsFile file) {
    return file.tensors().containsKey("aligned_weight");
  }

  @Override
  public double tolerance() {
    return 2e-6;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    int oldClasses = (int) number(file, "old_classes");
    int newClasses = (int) number(file, "new_classes");
    aligning(file, deviation, oldClasses, oldClasses + newClasses);
    losses(file, deviation, number(file, "temperature"));
    Tensor expected = Tensors.read(file, "herding_order");
    int[] order = Herding.order(Tensors.read(file, "features"), Math.toIntExact(expected.numel()));
    long[] indices = Arrays.stream(order).asLongStream().toArray();
    deviation.compare("herding_order", Tensor.create(indices, (long) indices.length), expected);
  }

  private static void aligning(
      SafeTensorsFile file, Deviation deviation, int oldClasses, int classes) throws IOException {
    Tensor weight = precise(file, "weight");
    if (weight.dim() != 2 || weight.size(0) != classes) {
      throw new IllegalArgumentException(
          "the weight has the shape "
              + Arrays.toString(weight.shape())
              + " instead of ["
              + classes
              + ", features]");
    }
    Linear layer = new Linear(weight.size(1), classes);
    Module model = new Sequential(new Identity(), layer);
    model.to(ScalarType.Double);
    Tensor bias = precise(file, "bias");
    layer.weight().assign(weight);
    layer.bias().orElseThrow().assign(bias);
    WeightAligning aligning = new WeightAligning(oldClasses);
    double gamma = aligning.gamma(weight);
    deviation.compare(
        "gamma", Tensor.create(new double[] {gamma}, 1L), Tensors.read(file, "gamma"));
    aligning.apply(model);
    deviation.compare(
        "aligned_weight", layer.weight().value().detach(), Tensors.read(file, "aligned_weight"));
    deviation.compare("bias", layer.bias().orElseThrow().value().detach(), bias);
  }

  private static void losses(SafeTensorsFile file, Deviation deviation, double temperature)
      throws IOException {
    Tensor logits = precise(file, "logits");
    Tensor oldLogits = precise(file, "old_logits");
    logits.set_requires_grad(true);
    // The loss runs no model here: its logits are given.
    IncrementalDistillation loss = new IncrementalDistillation(new Identity(), temperature);
    Tensor kept = loss.distance(logits, oldLogits);
    Tensor total = loss.of(logits, oldLogits, new Batch(logits, Tensors.read(file, "labels")));
    total.backward();
    deviation.compare("kd_loss", kept.reshape(1), Tensors.read(file, "kd_loss"));
    deviation.compare("total_loss", total.reshape(1), Tensors.read(file, "total_loss"));
    deviation.compare("grad_logits", logits.grad(), Tensors.read(file, "grad_logits"));
  }

  private static Tensor precise(SafeTensorsFile file, String name) throws IOException {
    Tensor read = Tensors.read(file, name);
    return Scope.computeWithoutGradient(() -> read.to(ScalarType.Double));
  }

  private static double number(SafeTensorsFile file, String key) {
    String text = file.metadata().get(key);
    try {
      return Double.parseDouble(String.valueOf(text));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "the metadata '" + key + "' must be a number, but is " + text, e);
    }
  }
}
