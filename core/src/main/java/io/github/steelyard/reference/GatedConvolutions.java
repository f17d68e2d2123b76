package io.github.steelyard.reference;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Conv2d;
import io.github.steelyard.nn.Conv2dConfiguration;
import io.github.steelyard.robust.HardConcrete;
import io.github.steelyard.robust.HardConcreteGate;
import io.github.steelyard.robust.HardConcreteGate.Unit;
import io.github.steelyard.robust.PruningScores;
import java.io.IOException;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Convolutions with gates on their output channels, and with scores as well. Metadata: {@code
 * cases} (JSON list of {@code stride}, {@code padding}, {@code keep}). Tensors: {@code
 * c<k>.weight}, {@code .log_alpha}, {@code .uniform}, {@code .score}, {@code .input}; of the modes
 * {@code train}, {@code evaluate}, {@code train_pruned} and {@code evaluate_pruned}: {@code
 * .output}, {@code .grad_output} and the gradients.
 */
final class GatedConvolutions implements ReferenceKind {
  private static final double DROP_RATE = 0.3;

  @Override
  public boolean recognises(SafeTensorsFile file) {
    return CaseList.isKind(file, "gated-conv");
  }

  @Override
  public double tolerance() {
    return 1e-5;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    List<JsonNode> cases = CaseList.of(file, "cases");
    for (int k = 0; k < cases.size(); k++) {
      for (String mode : List.of("train", "evaluate", "train_pruned", "evaluate_pruned")) {
        replay(file, "c" + k + ".", mode, cases.get(k), deviation);
      }
    }
  }

  private static void replay(
      SafeTensorsFile file, String base, String mode, JsonNode settings, Deviation deviation)
      throws IOException {
    Tensor weight = Tensors.read(file, base + "weight");
    Conv2d layer =
        new Conv2d(
            Conv2dConfiguration.of(weight.size(1), weight.size(0), weight.size(2))
                .withStride((long) CaseList.number(settings, "stride"))
                .withPadding((long) CaseList.number(settings, "padding"))
                .withoutBias());
    layer.weight().assign(weight);
    HardConcreteGate gate =
        new HardConcreteGate(weight.size(0), Unit.OUTPUT_CHANNEL, HardConcrete.DEFAULT, DROP_RATE);
    gate.logAlpha().assign(Tensors.read(file, base + "log_alpha"));
    gate.draw(Tensors.read(file, base + "uniform"));
    layer.weight().parametrize(gate);
    PruningScores scores =
        new PruningScores(Tensors.read(file, base + "score"), CaseList.number(settings, "keep"));
    boolean pruned = mode.endsWith("_pruned");
    if (pruned) {
      layer.weight().parametrize(scores);
    }
    layer.train(mode.startsWith("train"));

    Tensor input = Tensors.read(file, base + "input");
    input.set_requires_grad(true);
    Tensor output = layer.forward(input);
    String of = base + mode + ".";
    output.mul(Tensors.read(file, of + "grad_output")).sum().backward();
    deviation.compare(of + "output", output, Tensors.read(file, of + "output"));
    compare(file, of + "grad_input", input.grad(), deviation);
    compare(file, of + "grad_weight", layer.weight().grad(), deviation);
    compare(file, of + "grad_log_alpha", gate.logAlpha().grad(), deviation);
    if (pruned) {
      compare(file, of + "grad_score", scores.score().grad(), deviation);
    }
  }

  private static void compare(
      SafeTensorsFile file, String name, Tensor computed, Deviation deviation) throws IOException {
    deviation.compare(name, computed, Tensors.read(file, name));
  }
}
