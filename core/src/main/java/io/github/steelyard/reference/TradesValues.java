package io.github.steelyard.reference;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.data.Batch;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.ReLU;
import io.github.steelyard.nn.Sequential;
import io.github.steelyard.robust.AdversarialConfiguration;
import io.github.steelyard.robust.AdversarialLoss;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.train.CrossEntropy;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * TRADES on a perceptron of two layers, from a given start. Metadata: {@code cases} (JSON list of
 * {@code epsilon}, {@code step}, {@code steps}, {@code beta}, {@code clip}). Tensors: {@code
 * c<k>.param.<p>}, {@code .x}, {@code .label}, {@code .noise}; {@code .x_adversarial}, {@code
 * .loss} and {@code .grad.<p>}.
 */
final class TradesValues implements ReferenceKind {
  private static final double START = 0.001;

  @Override
  public boolean recognises(SafeTensorsFile file) {
    return CaseList.isKind(file, "trades");
  }

  @Override
  public double tolerance() {
    return 1e-5;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    List<JsonNode> cases = CaseList.of(file, "cases");
    for (int k = 0; k < cases.size(); k++) {
      String base = "c" + k + ".";
      Module model = model(file, base);
      AdversarialLoss loss = loss(cases.get(k));
      Batch batch = new Batch(Tensors.read(file, base + "x"), Tensors.read(file, base + "label"));
      Tensor start = Tensors.read(file, base + "noise").mul(new Scalar(START));
      Tensor attacked = loss.attack(model, batch, start);
      Tensor value = loss.trades(model, batch, attacked).loss();
      value.backward();
      deviation.compare(
          base + "x_adversarial", attacked, Tensors.read(file, base + "x_adversarial"));
      deviation.compare(base + "loss", value.reshape(1), Tensors.read(file, base + "loss"));
      for (Map.Entry<String, Parameter> entry : model.namedParameters().entrySet()) {
        String name = base + "grad." + entry.getKey();
        deviation.compare(name, entry.getValue().grad(), Tensors.read(file, name));
      }
    }
  }

  private static Module model(SafeTensorsFile file, String base) throws IOException {
    Tensor first = Tensors.read(file, base + "param.0.weight");
    Tensor second = Tensors.read(file, base + "param.2.weight");
    Module model =
        new Sequential(
            new Linear(first.size(1), first.size(0)),
            new ReLU(),
            new Linear(second.size(1), second.size(0)));
    for (Map.Entry<String, Parameter> entry : model.namedParameters().entrySet()) {
      entry.getValue().assign(Tensors.read(file, base + "param." + entry.getKey()));
    }
    return model;
  }

  private static AdversarialLoss loss(JsonNode settings) {
    JsonNode clip = settings.path("clip");
    if (!clip.path(0).isNumber() || !clip.path(1).isNumber()) {
      throw new IllegalArgumentException("a case must have 'clip', such as [0, 1]: " + settings);
    }
    return new AdversarialLoss(
        new AdversarialConfiguration(
            AdversarialConfiguration.Kind.TRADES_PUBLISHED,
            CaseList.number(settings, "epsilon"),
            CaseList.number(settings, "step"),
            (int) CaseList.number(settings, "steps"),
            CaseList.number(settings, "beta")),
        InputDomain.plain(clip.get(0).doubleValue(), clip.get(1).doubleValue()),
        new CrossEntropy());
  }
}
