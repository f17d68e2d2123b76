package io.github.steelyard.reference;

import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.quant.StatsQ;
import java.io.IOException;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Which weights confidence-guided annealing freezes. Tensors: {@code b<bits>.range<r>.weight} and
 * {@code .frozen}, 1 where the weight is frozen.
 */
final class AnnealingMasks implements ReferenceKind {
  private static final String FROZEN = ".frozen";

  @Override
  public boolean recognises(SafeTensorsFile file) {
    return file.metadata().getOrDefault("method", "").startsWith("CGA");
  }

  @Override
  public double tolerance() {
    return 1e-5;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    for (String name : file.tensors().keySet()) {
      if (name.endsWith(FROZEN)) {
        String base = name.substring(0, name.length() - FROZEN.length());
        int range = base.indexOf(".range");
        StatsQ quantizer = new StatsQ(Tensors.number(base.substring(0, range), "b"));
        double near = Double.parseDouble(base.substring(range + ".range".length()));
        Tensor distance = quantizer.distanceToThreshold(Tensors.read(file, base + ".weight"));
        deviation.compare(
            name, distance.gt(new Scalar(near)).to(ScalarType.Float), Tensors.read(file, name));
      }
    }
  }
}
