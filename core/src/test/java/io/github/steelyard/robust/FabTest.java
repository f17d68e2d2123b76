package io.github.steelyard.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.steelyard.data.Batch;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.Optional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("once")
class FabTest {
  private static final InputDomain WIDE = InputDomain.plain(-100, 100);

  @BeforeEach
  void seed() {
    Seeds.set(5);
  }

  /** Samples with the class that a model gives them. */
  private static Batch right(Module model, long count, long... shape) {
    Batch random = Samples.random(count, 2, shape);
    Tensor labels =
        Scope.computeWithoutGradient(
            () -> model.forward(random.inputs()).argmax(new LongOptional(1), false));
    return new Batch(random.inputs(), labels);
  }

  /** How far the nearest boundary of a linear model is from each sample. */
  private static Tensor distances(Linear model, Batch batch, Norm norm) {
    return Scope.computeWithoutGradient(
        () -> {
          Tensor logits = model.forward(batch.inputs());
          Tensor own = batch.targets().unsqueeze(1);
          Tensor gaps = logits.gather(1, own).sub(logits);
          Tensor rows = model.weight().tensor();
          Tensor normals =
              rows.index_select(0, batch.targets()).unsqueeze(1).sub(rows.unsqueeze(0));
          Tensor lengths =
              norm == Norm.LINF ? normals.abs().sum(2) : normals.square().sum(2).sqrt();
          return gaps.div(lengths).scatter(1, own, new Scalar(1e9)).amin(new long[] {1}, false);
        });
  }

  @ParameterizedTest
  @EnumSource(Norm.class)
  void givenALinearModel_whenFabLooks_thenItFindsTheNearestBoundary(Norm norm) {
    Linear model = new Linear(5, 4);
    Batch batch = right(model, 100, 5);
    Tensor distance = distances(model, batch, norm);
    ThreatModel tiny = new ThreatModel(norm, 0, WIDE);

    for (boolean targeted : new boolean[] {false, true}) {
      Tensor least = torch.full_like(distance, new Scalar(1e9));
      for (long rank = 1; rank <= (targeted ? 3 : 1); rank++) {
        long wanted = rank;
        Tensor found =
            Scope.computeWithoutGradient(
                () -> {
                  Target target = new Target(model, batch, tiny, Draws.shared());
                  Optional<Tensor> classes =
                      targeted ? Optional.of(target.ranked(wanted)) : Optional.empty();
                  Tensor change = new FabRun(target, target.none(), classes).perturb(20);
                  assertThat(target.broken(target.logits(change)).all().item_bool()).isTrue();
                  return norm.of(change);
                });
        least.copy_(least.minimum(found));
      }
      Tensor ratio = least.div(distance);
      assertThat(ratio.min().item_double()).isGreaterThan(1 - 1e-4);
      // Steps go 5 % beyond the boundary, and back by a tenth where that is not needed.
      assertThat(ratio.max().item_double()).isLessThan(1.06);
      assertThat(ratio.mean().item_double()).isCloseTo(1.0, within(0.05));
    }
  }

  @ParameterizedTest
  @EnumSource(Fab.Kind.class)
  void givenMoreSteps_whenFabLooks_thenTheChangesBecomeSmaller(Fab.Kind kind) {
    Module model = QuarterClassifier.trained();
    Batch batch = Samples.quarters(64, 4, QuarterClassifier.DOMAIN);
    model.eval();

    double few = meanSize(model, batch, kind, 3);
    double many = meanSize(model, batch, kind, 30);

    assertThat(many).isLessThan(few);
    assertThat(new Fab(kind, 30, 2).settings()).contains("30 steps");
  }

  private static double meanSize(Module model, Batch batch, Fab.Kind kind, int steps) {
    ThreatModel tiny = new ThreatModel(Norm.L2, 0, QuarterClassifier.DOMAIN);
    return Scope.computeWithoutGradient(
        () -> {
          Target target = new Target(model, batch, tiny, Draws.shared());
          Optional<Tensor> classes =
              kind == Fab.Kind.TARGETED ? Optional.of(target.ranked(1)) : Optional.empty();
          Tensor change = new FabRun(target, target.none(), classes).perturb(steps);
          assertThat(target.broken(target.logits(change)).all().item_bool()).isTrue();
          return Norm.L2.of(change).mean().item_double();
        });
  }
}
