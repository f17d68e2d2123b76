package io.github.steelyard.reference;

import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.quant.OscillationTracker;
import java.io.IOException;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * What a sequence of integers oscillates. Metadata: {@code momentum}. Tensors: {@code sequence}
 * [steps, weights], and {@code ema_oscillation} and {@code total_oscillation} after the last step.
 */
final class Oscillations implements ReferenceKind {
  @Override
  public boolean recognises(SafeTensorsFile file) {
    return file.metadata().containsKey("momentum")
        && file.tensors().keySet().containsAll(List.of("sequence", "ema_oscillation"));
  }

  @Override
  public double tolerance() {
    return 1e-5;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    OscillationTracker tracker =
        new OscillationTracker(Double.parseDouble(file.metadata().get("momentum")));
    Tensor sequence = Tensors.read(file, "sequence");
    for (long step = 0; step < sequence.size(0); step++) {
      tracker.update(sequence.select(0, step));
    }
    deviation.compare("ema_oscillation", tracker.ema(), Tensors.read(file, "ema_oscillation"));
    deviation.compare(
        "total_oscillation", tracker.total(), Tensors.read(file, "total_oscillation"));
  }
}
