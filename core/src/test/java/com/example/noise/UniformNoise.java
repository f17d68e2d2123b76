package com.example.noise;

import io.github.steelyard.robust.Attack;
import io.github.steelyard.robust.AttackProvider;
import io.github.steelyard.robust.Target;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The weakest attack there is: random changes, drawn uniformly from those allowed. A network that
 * it breaks is not worth attacking otherwise.
 */
public final class UniformNoise implements Attack, AttackProvider {
  private static final int DRAWS = 10;

  /** Called by {@link java.util.ServiceLoader}. */
  public UniformNoise() {}

  @Override
  public List<Attack> attacks() {
    return List.of(this);
  }

  @Override
  public String name() {
    return "uniform-noise";
  }

  @Override
  public boolean usesGradients() {
    return false;
  }

  @Override
  public String settings() {
    return DRAWS + " draws";
  }

  @Override
  public Tensor perturb(Target target) {
    Tensor change = target.random();
    for (int i = 1; i < DRAWS; i++) {
      Tensor other = target.random();
      Tensor broken = target.broken(target.logits(change));
      long[] shape = change.shape();
      Arrays.fill(shape, 1, shape.length, 1);
      change = torch.where(broken.reshape(shape), change, other);
    }
    return change;
  }
}
