package io.github.steelyard.reference;

import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.quant.StatsQ;
import java.io.IOException;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Values and gradients of {@link StatsQ}. Tensors: {@code b<bits>.d<dimensions>.weight}, {@code
 * .quantized}, {@code .grad_output} and {@code .grad_weight}.
 */
final class StatsQValues implements ReferenceKind {
  private static final String WEIGHT = ".weight";

  @Override
  public boolean recognises(SafeTensorsFile file) {
    return file.metadata().getOrDefault("method", "").startsWith("StatsQ");
  }

  @Override
  public double tolerance() {
    return 1e-5;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    List<String> cases =
        file.tensors().keySet().stream().filter(name -> name.endsWith(WEIGHT)).toList();
    for (String name : cases) {
      String base = name.substring(0, name.length() - WEIGHT.length());
      StatsQ quantizer = new StatsQ(Tensors.number(base.substring(0, base.indexOf('.')), "b"));
      Tensor weight = Tensors.read(file, name);
      weight.set_requires_grad(true);
      Tensor quantized = quantizer.forward(weight);
      quantized.mul(Tensors.read(file, base + ".grad_output")).sum().backward();
      deviation.compare(base + ".quantized", quantized, Tensors.read(file, base + ".quantized"));
      deviation.compare(
          base + ".grad_weight", weight.grad(), Tensors.read(file, base + ".grad_weight"));
    }
  }
}
