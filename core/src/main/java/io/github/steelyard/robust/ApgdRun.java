package io.github.steelyard.robust;

import io.github.steelyard.runtime.Scope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** One start of {@link Apgd}; letters as in the paper's Algorithm 1. */
final class ApgdRun {
  private static final double MOMENTUM = 0.75;
  private static final double THRESHOLD = 0.75;

  private final OpenSamples open;
  private final int steps;
  private Objective loss;
  private Tensor x;
  private Tensor previous;
  private Tensor gradient;
  private Tensor best;
  private Tensor bestGradient;
  private Tensor bestLoss;
  private Tensor lastLoss;
  private Tensor step;
  private Tensor rises;
  private Tensor bestAtCheck;
  private Tensor halvedAtCheck;

  /** What is maximized for some samples. */
  interface Objective {
    Tensor of(Tensor logits, Tensor labels);

    /** The same for some of the samples. */
    Objective select(Tensor indices);

    static Objective of(AttackLoss loss) {
      return new Objective() {
        @Override
        public Tensor of(Tensor logits, Tensor labels) {
          return loss.of(logits, labels);
        }

        @Override
        public Objective select(Tensor indices) {
          return this;
        }
      };
    }

    /** The targeted DLR loss towards a class for each sample. */
    static Objective towards(Tensor classes) {
      return new Objective() {
        @Override
        public Tensor of(Tensor logits, Tensor labels) {
          return AttackLoss.targetedDlr(logits, labels, classes);
        }

        @Override
        public Objective select(Tensor indices) {
          return towards(classes.index_select(0, indices));
        }
      };
    }
  }

  ApgdRun(Target target, int steps, Objective loss) {
    this.steps = steps;
    this.loss = loss;
    open = new OpenSamples(target);
    x = target.clip(target.border());
    List<Tensor> first = evaluate();
    previous = x.clone();
    best = x.clone();
    gradient = first.get(0).clone();
    bestGradient = gradient.clone();
    bestLoss = first.get(1).clone();
    lastLoss = bestLoss.clone();
    bestAtCheck = bestLoss.clone();
    step = torch.full_like(perSample(bestLoss), new Scalar(2 * target.epsilon()));
    rises = torch.zeros_like(bestLoss);
    halvedAtCheck = torch.ones_like(bestLoss).to(ScalarType.Bool);
  }

  private List<Tensor> evaluate() {
    Target target = open.target();
    List<Tensor> found = target.gradient(x, logits -> loss.of(logits, target.labels()));
    open.take(x, found.get(2));
    return found;
  }

  Tensor perturb() {
    double share = Math.max(0.22 * steps, 1);
    int interval = (int) share;
    int sinceCheck = 0;
    for (int k = 0; k < steps && !open.isEmpty(); k++) {
      boolean first = k == 0;
      Scope.withoutGradient(() -> move(first));
      sinceCheck++;
      if (sinceCheck == interval) {
        int checked = interval;
        Scope.withoutGradient(() -> check(checked));
        sinceCheck = 0;
        interval =
            Math.max(interval - (int) Math.max(0.03 * steps, 1), (int) Math.max(0.06 * steps, 1));
      }
      open.shrink().ifPresent(this::select);
    }
    return open.finish(best);
  }

  private void move(boolean first) {
    Target target = open.target();
    double a = first ? 1 : MOMENTUM;
    Tensor z = target.clipInPlace(target.norm().steepest(gradient).mul_(step).add_(x));
    Tensor momentum = x.sub(previous).mul_(new Scalar(1 - a));
    previous.copy_(x);
    x.add_(z.sub_(x).mul_(new Scalar(a))).add_(momentum);
    target.clipInPlace(x);
    List<Tensor> found = evaluate();
    gradient.copy_(found.get(0));
    Tensor losses = found.get(1);
    Tensor better = losses.gt(bestLoss);
    Tensor where = perSample(better);
    torch.where_out(best, where, x, best);
    torch.where_out(bestGradient, where, gradient, bestGradient);
    torch.where_out(bestLoss, better, losses, bestLoss);
    rises.add_(losses.gt(lastLoss));
    lastLoss.copy_(losses);
  }

  /** Halves the step of each sample whose loss rose too seldom, or not at all since the last. */
  private void check(int interval) {
    Tensor seldom = rises.le(new Scalar(THRESHOLD * interval));
    Tensor stuck = halvedAtCheck.logical_not().logical_and(bestAtCheck.ge(bestLoss));
    Tensor halved = seldom.logical_or(stuck);
    Tensor where = perSample(halved);
    step.copy_(torch.where(where, step.mul(new Scalar(0.5)), step));
    x.copy_(torch.where(where, best, x));
    gradient.copy_(torch.where(where, bestGradient, gradient));
    halvedAtCheck.copy_(halved);
    bestAtCheck.copy_(bestLoss);
    rises.zero_();
  }

  private void select(Tensor kept) {
    loss = loss.select(kept);
    x = x.index_select(0, kept);
    previous = previous.index_select(0, kept);
    gradient = gradient.index_select(0, kept);
    best = best.index_select(0, kept);
    bestGradient = bestGradient.index_select(0, kept);
    bestLoss = bestLoss.index_select(0, kept);
    lastLoss = lastLoss.index_select(0, kept);
    step = step.index_select(0, kept);
    rises = rises.index_select(0, kept);
    bestAtCheck = bestAtCheck.index_select(0, kept);
    halvedAtCheck = halvedAtCheck.index_select(0, kept);
  }

  private Tensor perSample(Tensor values) {
    return open.target().perSample(values);
  }
}
