package io.github.steelyard.interaction;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The vectors for the Jacobian of the next layer's coordinates at all positions: unit vectors, or
 * random signs over positions, coordinates or both.
 */
final class JacobianVectors implements Pullback.Vectors {
  private final long positions;
  private final int outputs;
  private final int positionSources;
  private final int outputSources;
  private final Tensor signs;

  JacobianVectors(Sources sources, Signs random, int batch, long n, int positions, int outputs) {
    this.positions = positions;
    this.outputs = outputs;
    this.positionSources = sources.positions();
    this.outputSources = sources.outputs();
    // One plane of signs a source; where units are used instead, one element stands for all.
    this.signs =
        sources.exactBasis()
            ? null
            : random.draw(
                batch,
                (long) Math.max(1, positionSources) * Math.max(1, outputSources),
                n,
                positions,
                Math.max(1, outputs));
  }

  private int groups() {
    return Math.max(1, positionSources) * Math.max(1, outputSources);
  }

  /** Vectors of one source, which together give one estimate. */
  private int groupSize() {
    int overPositions = positionSources > 0 ? 1 : Math.toIntExact(positions);
    int overOutputs = outputSources > 0 ? 1 : outputs;
    return overPositions * overOutputs;
  }

  @Override
  public int count() {
    return outputs == 0 ? 0 : groups() * groupSize();
  }

  int source(int index) {
    return index / groupSize();
  }

  @Override
  public Tensor get(int index, Tensor values) {
    int within = index % groupSize();
    boolean units = signs == null;
    // A unit vector is the same for all samples.
    Tensor vector =
        torch.zeros_like(units ? values.narrow(0, 0, 1).narrow(1, 0, 1) : values.narrow(0, 0, 1));
    Tensor drawn =
        units
            ? torch.ones_like(vector.select(0, 0))
            : signs.select(0, source(index)).to(values.device(), values.scalar_type());
    Tensor target = vector;
    if (positionSources == 0) {
      int overOutputs = outputSources > 0 ? 1 : outputs;
      int position = within / overOutputs;
      target = target.narrow(2, position, 1);
      drawn = drawn.narrow(1, position, 1);
    }
    if (outputSources == 0) {
      int output = within % outputs;
      target = target.narrow(3, output, 1);
      drawn = drawn.narrow(2, output, 1);
    }
    target.copy_(drawn.unsqueeze(0));
    return vector;
  }
}
