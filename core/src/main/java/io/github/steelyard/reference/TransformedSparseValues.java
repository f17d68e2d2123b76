package io.github.steelyard.reference;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.robust.GateCost;
import io.github.steelyard.robust.HardConcrete;
import io.github.steelyard.robust.HardConcreteGate.Unit;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Values and gradients of {@link GateCost} in the published code's form, in float64. Metadata:
 * {@code cases} (JSON list of {@code a}, {@code prior_precision}, {@code lambda_}, {@code gate}).
 * Tensors: {@code c<k>.weight}, {@code .log_alpha}, perhaps {@code .bias}; {@code .penalty}, {@code
 * .probability_open} and {@code .grad_} of each of the first three.
 */
final class TransformedSparseValues implements ReferenceKind {
  @Override
  public boolean recognises(SafeTensorsFile file) {
    return CaseList.isKind(file, "transformed-sparse");
  }

  @Override
  public double tolerance() {
    return 1e-9;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    List<JsonNode> cases = CaseList.of(file, "cases");
    for (int k = 0; k < cases.size(); k++) {
      String base = "c" + k + ".";
      Tensor weight = traced(file, base + "weight");
      Tensor logAlpha = traced(file, base + "log_alpha");
      Optional<Tensor> bias =
          file.tensors().containsKey(base + "bias")
              ? Optional.of(traced(file, base + "bias"))
              : Optional.empty();
      Tensor open = HardConcrete.DEFAULT.probabilityOpen(logAlpha);
      Tensor penalty =
          cost(cases.get(k)).measure("case " + k, weight, bias, open, unit(cases.get(k)));
      penalty.backward();
      deviation.compare(base + "penalty", penalty.reshape(1), Tensors.read(file, base + "penalty"));
      deviation.compare(
          base + "probability_open", open, Tensors.read(file, base + "probability_open"));
      gradient(file, base, "weight", weight, deviation);
      gradient(file, base, "log_alpha", logAlpha, deviation);
      if (bias.isPresent()) {
        gradient(file, base, "bias", bias.get(), deviation);
      }
    }
  }

  private static GateCost cost(JsonNode settings) {
    return new GateCost(
        GateCost.Form.PUBLISHED_CODE,
        CaseList.number(settings, "a"),
        CaseList.number(settings, "prior_precision"),
        CaseList.number(settings, "lambda_"));
  }

  private static Unit unit(JsonNode settings) {
    return settings.path("gate").asText().contains("input") ? Unit.INPUT_UNIT : Unit.OUTPUT_CHANNEL;
  }

  private static Tensor traced(SafeTensorsFile file, String name) throws IOException {
    Tensor tensor = Tensors.read(file, name);
    tensor.set_requires_grad(true);
    return tensor;
  }

  private static void gradient(
      SafeTensorsFile file, String base, String name, Tensor of, Deviation deviation)
      throws IOException {
    String full = base + "grad_" + name;
    deviation.compare(full, of.grad(), Tensors.read(file, full));
  }
}
