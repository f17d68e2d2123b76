package io.github.steelyard.reference;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.robust.PruningScores;
import java.io.IOException;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * First scores, masks and gradients of {@link PruningScores}. Metadata: {@code keep} (JSON list).
 * Tensors: {@code c<k>.weight}, {@code .score}, {@code .mask}, {@code .grad_masked_weight} and
 * {@code .grad_score}.
 */
final class ScoreValues implements ReferenceKind {
  @Override
  public boolean recognises(SafeTensorsFile file) {
    return CaseList.isKind(file, "scores");
  }

  @Override
  public double tolerance() {
    return 1e-5;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    List<JsonNode> rates = CaseList.of(file, "keep");
    for (int k = 0; k < rates.size(); k++) {
      String base = "c" + k + ".";
      Tensor weight = Tensors.read(file, base + "weight");
      Tensor expected = Tensors.read(file, base + "score");
      deviation.compare(base + "score", PruningScores.initial(weight), expected);
      PruningScores scores = new PruningScores(expected, CaseList.number(rates.get(k), "keep"));
      Tensor masked = scores.forward(weight);
      masked.mul(Tensors.read(file, base + "grad_masked_weight")).sum().backward();
      Tensor mask = Tensors.read(file, base + "mask");
      deviation.compare(base + "mask", scores.mask(), mask);
      deviation.compare(base + "mask of the weight", masked, weight.mul(mask));
      deviation.compare(
          base + "grad_score", scores.score().grad(), Tensors.read(file, base + "grad_score"));
    }
  }
}
