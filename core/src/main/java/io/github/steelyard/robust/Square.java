package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import io.github.steelyard.runtime.Scope;
import java.util.Locale;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The Square attack (Andriushchenko et al., "Square attack: a query-efficient black-box adversarial
 * attack via random search", ECCV 2020, arXiv 1912.00049): from vertical stripes of
 * &plusmn;epsilon, each query sets a random square to &plusmn;epsilon per channel and keeps it for
 * the samples whose margin falls. It asks for logits only, so that masked gradients cannot fool it.
 *
 * <p>The square's share of the image begins at 0.8 and is halved at the queries 10, 50, 200, 500,
 * 1000, 2000, 4000, 6000 and 8000 of 10,000, scaled to the number of queries. As in the AutoAttack
 * package, the samples of a batch share the place of the square. Inputs without height and width
 * [n, features] count as images of one row.
 *
 * <p>Cost: a forward pass for each query, of the samples that still hold.
 *
 * @param queries forward passes for each sample, at least 1; AutoAttack uses 5,000
 * @param initialShare the first square's share of the image, above 0 and at most 1
 */
public record Square(int queries, double initialShare) implements Attack {
  private static final int[] HALVINGS = {10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000};

  /**
   * Checks the values.
   *
   * @param queries at least 1
   * @param initialShare above 0 and at most 1
   * @throws IllegalArgumentException if a value is out of range
   */
  public Square {
    Checks.atLeast(1, queries, "Square", "queries");
    Checks.positive(initialShare, "Square", "initialShare");
    if (initialShare > 1) {
      throw new IllegalArgumentException(
          "Square: initialShare must be at most 1, but is " + initialShare);
    }
  }

  /**
   * With the first square's share 0.8.
   *
   * @param queries at least 1
   * @return the attack
   * @throws IllegalArgumentException if {@code queries} is below 1
   */
  public static Square of(int queries) {
    return new Square(queries, 0.8);
  }

  @Override
  public String name() {
    return "square";
  }

  @Override
  public boolean usesGradients() {
    return false;
  }

  @Override
  public String settings() {
    return String.format(
        Locale.ROOT, "%d queries, first square %s of the image", queries, initialShare);
  }

  @Override
  public Tensor perturb(Target target) {
    Findings findings = new Findings(target);
    Tensor best = target.none();
    Tensor margin = torch.zeros_like(target.labels()).to(best.scalar_type());
    Scope.withoutGradient(
        () -> {
          Tensor stripes = target.clip(stripes(target));
          Tensor logits = target.logits(stripes);
          findings.take(stripes, logits);
          best.copy_(stripes);
          margin.copy_(AttackLoss.MARGIN.of(logits, target.labels()));
        });
    for (int query = 1; query < queries && !findings.isComplete(); query++) {
      double share = share(query);
      Scope.withoutGradient(
          () -> {
            Tensor open = findings.open();
            Target part = target.select(open);
            Tensor from = best.index_select(0, open);
            Tensor next = part.clip(withSquare(part, from, share));
            Tensor logits = part.logits(next);
            Tensor margins = AttackLoss.MARGIN.of(logits, part.labels());
            Tensor before = margin.index_select(0, open);
            Tensor better = margins.gt(before);
            best.index_copy_(0, open, torch.where(part.perSample(better), next, from));
            margin.index_copy_(0, open, torch.where(better, margins, before));
            findings.mark(open, next, part.broken(logits));
          });
    }
    return findings.orElse(best);
  }

  /** The square's share of the image at a query. */
  double share(int query) {
    long scaled = (long) query * 10_000 / queries;
    double share = initialShare;
    for (int halving : HALVINGS) {
      share = scaled > halving ? share / 2 : share;
    }
    return share;
  }

  private static long[] image(Target target) {
    long[] shape = target.shape();
    return shape.length == 4
        ? shape
        : new long[] {shape[0], 1, 1, target.none().numel() / Math.max(1, shape[0])};
  }

  private static Tensor stripes(Target target) {
    long[] image = image(target);
    return signs(target, image[0], image[1], 1, image[3])
        .expand(image)
        .reshape(target.shape())
        .mul(new Scalar(target.epsilon()));
  }

  private Tensor withSquare(Target target, Tensor from, double share) {
    long[] image = image(target);
    long side = Math.max(1, Math.round(Math.sqrt(share * image[2] * image[3])));
    long height = Math.min(side, image[2]);
    long width = Math.min(side, image[3]);
    long top = place(target, image[2] - height);
    long left = place(target, image[3] - width);
    Tensor changed = from.clone();
    changed
        .view(image)
        .narrow(2, top, height)
        .narrow(3, left, width)
        .copy_(signs(target, image[0], image[1], 1, 1).mul(new Scalar(target.epsilon())));
    return changed;
  }

  private static long place(Target target, long free) {
    double position = (target.uniform(1).item_double() + 1) / 2;
    return Math.min(free, (long) (position * (free + 1)));
  }

  private static Tensor signs(Target target, long... shape) {
    Tensor positive = target.uniform(shape).ge(new Scalar(0.0));
    return positive.to(target.none().scalar_type()).mul(new Scalar(2.0)).sub(new Scalar(1.0));
  }
}
