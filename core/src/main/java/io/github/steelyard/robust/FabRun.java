package io.github.steelyard.robust;

import io.github.steelyard.runtime.Scope;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** One start of {@link Fab}. Points are differences to the clean samples: x_0 is zero. */
final class FabRun {
  private static final double ALPHA_MAX = 0.1;
  private static final double ETA = 1.05;
  private static final double BETA = 0.9;
  private static final double SMALLEST = 1e-8;
  private static final double TINY = 1e-12;

  private final OpenSamples open;
  private final Norm norm;
  private Optional<Tensor> classes;
  private Tensor low;
  private Tensor high;
  private Tensor x;
  private Tensor best;
  private Tensor bestSize;

  /**
   * A start.
   *
   * @param start where, within the valid range
   * @param classes the class of each sample whose boundary is looked for; none for the nearest
   */
  FabRun(Target target, Tensor start, Optional<Tensor> classes) {
    this.classes = classes;
    open = new OpenSamples(target);
    norm = target.norm();
    List<Tensor> range = target.range();
    low = range.get(0);
    high = range.get(1);
    x = start.clone();
    best = x.clone();
    bestSize = torch.full_like(norm.of(x), new Scalar(Double.POSITIVE_INFINITY));
  }

  Tensor perturb(int steps) {
    for (int i = 0; i < steps && !open.isEmpty(); i++) {
      Scope.withoutGradient(this::move);
      open.shrink().ifPresent(this::select);
    }
    return open.finish(best);
  }

  /** A boundary near each sample: c + w · d is 0 where the linearized classifier is undecided. */
  private record Boundary(Tensor c, Tensor w) {}

  private void move() {
    Boundary nearest = classes.isPresent() ? targeted(classes.get()) : nearest();
    Tensor w = nearest.w().flatten(1, -1);
    Tensor at = x.flatten(1, -1);
    Tensor fromClean = nearest.c().sub(w.mul(at).sum(1));
    Tensor below = low.flatten(1, -1);
    Tensor above = high.flatten(1, -1);
    Tensor d1 = Hyperplane.step(norm, w, nearest.c(), below.sub(at), above.sub(at));
    Tensor d2 = Hyperplane.step(norm, w, fromClean, below, above);
    Tensor a1 = norm.of(d1).clamp_min(new Scalar(SMALLEST));
    Tensor a2 = norm.of(d2).clamp_min(new Scalar(SMALLEST));
    Tensor alpha = a1.div(a1.add(a2)).clamp_max(new Scalar(ALPHA_MAX)).unsqueeze(1);
    Tensor own = at.add(d1.mul(new Scalar(ETA)));
    Tensor clean = d2.mul(new Scalar(ETA));
    Tensor mixed = own.sub(own.mul(alpha)).add(clean.mul(alpha));
    x.copy_(mixed.reshape(x.shape()).maximum(low).minimum(high));
    judge();
  }

  /** Keeps broken samples that are nearer than before, and goes back from all that are broken. */
  private void judge() {
    Target target = open.target();
    Tensor broken = target.broken(target.logits(x));
    Tensor size = norm.of(x);
    Tensor nearer = broken.logical_and(size.lt(bestSize));
    best.copy_(torch.where(target.perSample(nearer), x, best));
    bestSize.copy_(torch.where(nearer, size, bestSize));
    open.keep(x, nearer.logical_and(size.le(new Scalar(target.epsilon()))));
    x.copy_(torch.where(target.perSample(broken), x.mul(new Scalar(BETA)), x));
  }

  private Boundary targeted(Tensor towards) {
    Target target = open.target();
    List<Tensor> found = target.gradient(x, logits -> difference(logits, target.labels(), towards));
    return new Boundary(found.get(1), found.get(0));
  }

  /** The boundary to the class that is nearest in the norm, as far as the linearization says. */
  private Boundary nearest() {
    Target target = open.target();
    Tensor c = torch.zeros_like(bestSize);
    Tensor w = torch.zeros_like(x);
    Tensor least = torch.full_like(bestSize, new Scalar(Double.POSITIVE_INFINITY));
    target.gradients(
        x,
        (int) target.classes(),
        (logits, number) -> {
          Tensor towards = torch.full_like(target.labels(), new Scalar(number));
          return difference(logits, target.labels(), towards);
        },
        (number, losses, gradient) ->
            Scope.withoutGradient(
                () -> {
                  Tensor distance = losses.abs().div(norm.dual(gradient).add(new Scalar(TINY)));
                  Tensor other = target.labels().ne(new Scalar(number));
                  Tensor nearer = other.logical_and(distance.lt(least));
                  least.copy_(torch.where(nearer, distance, least));
                  c.copy_(torch.where(nearer, losses, c));
                  w.copy_(torch.where(target.perSample(nearer), gradient, w));
                }));
    return new Boundary(c, w);
  }

  private static Tensor difference(Tensor logits, Tensor labels, Tensor towards) {
    return own(logits, towards).sub(own(logits, labels));
  }

  private static Tensor own(Tensor logits, Tensor classes) {
    return logits.gather(1, classes.unsqueeze(1)).squeeze(1);
  }

  private void select(Tensor kept) {
    classes = classes.map(own -> own.index_select(0, kept));
    low = low.index_select(0, kept);
    high = high.index_select(0, kept);
    x = x.index_select(0, kept);
    best = best.index_select(0, kept);
    bestSize = bestSize.index_select(0, kept);
  }
}
