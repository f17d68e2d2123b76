package io.github.steelyard.reference;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.robust.HardConcrete;
import java.io.IOException;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Values and gradients of {@link HardConcrete}. Metadata: {@code temperatures} (JSON list). Tensors
 * of each temperature: {@code t<k>.log_alpha}, {@code .uniform}, {@code .gate}, {@code .grad_gate},
 * {@code .grad_log_alpha}, {@code .evaluation_gate} and {@code .probability_open}.
 */
final class HardConcreteValues implements ReferenceKind {
  @Override
  public boolean recognises(SafeTensorsFile file) {
    return CaseList.isKind(file, "hard-concrete");
  }

  @Override
  public double tolerance() {
    return 1e-5;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    List<JsonNode> temperatures = CaseList.of(file, "temperatures");
    for (int k = 0; k < temperatures.size(); k++) {
      String base = "t" + k + ".";
      HardConcrete gates = new HardConcrete(CaseList.number(temperatures.get(k), "temperature"));
      Tensor logAlpha = Tensors.read(file, base + "log_alpha");
      logAlpha.set_requires_grad(true);
      Tensor gate = gates.sample(logAlpha, Tensors.read(file, base + "uniform"));
      gate.mul(Tensors.read(file, base + "grad_gate")).sum().backward();
      deviation.compare(base + "gate", gate, Tensors.read(file, base + "gate"));
      deviation.compare(
          base + "grad_log_alpha", logAlpha.grad(), Tensors.read(file, base + "grad_log_alpha"));
      deviation.compare(
          base + "evaluation_gate",
          gates.evaluationGate(logAlpha),
          Tensors.read(file, base + "evaluation_gate"));
      deviation.compare(
          base + "probability_open",
          gates.probabilityOpen(logAlpha),
          Tensors.read(file, base + "probability_open"));
    }
  }
}
