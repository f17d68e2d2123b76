package io.github.steelyard.reference;

import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.train.WeightAverage;
import java.io.IOException;
import org.bytedeco.pytorch.Tensor;

/**
 * The {@link WeightAverage#published} average of a sequence of weights. Metadata: {@code beta}.
 * Tensors: {@code sequence} [steps + 1, n], which begins with the weights at construction; {@code
 * average} and {@code loaded} [n].
 */
final class WeightAverages implements ReferenceKind {
  @Override
  public boolean recognises(SafeTensorsFile file) {
    return CaseList.isKind(file, "weight-average");
  }

  @Override
  public double tolerance() {
    return 1e-5;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    Tensor sequence = Tensors.read(file, "sequence");
    Linear layer = new Linear(sequence.size(1), 1, false);
    layer.weight().assign(sequence.narrow(0, 0, 1));
    WeightAverage average =
        WeightAverage.published(layer, Double.parseDouble(file.metadata().get("beta")));
    for (long step = 1; step < sequence.size(0); step++) {
      layer.weight().assign(sequence.narrow(0, step, 1));
      average.update();
    }
    deviation.compare(
        "average",
        average.state().tensors().get("weight").reshape(-1),
        Tensors.read(file, "average"));
    deviation.compare(
        "loaded", average.weights().get("weight").reshape(-1), Tensors.read(file, "loaded"));
  }
}
