package io.github.steelyard.robust;

import io.github.steelyard.nn.Checks;
import io.github.steelyard.runtime.Scope;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The Square attack (Andriushchenko, Croce, Flammarion and Hein, "Square attack: a query-efficient
 * black-box adversarial attack via random search", ECCV 2020, arXiv 1912.00049): each query changes
 * a random square and keeps the change for the samples whose margin falls. It asks for logits only,
 * so that masked gradients cannot fool it.
 *
 * <p>For L-infinity it starts from vertical stripes of &plusmn;epsilon and sets squares to
 * &plusmn;epsilon per channel. For L2 it starts from tiles of a pattern with a positive and a
 * negative hill; each query takes the budget of two squares, empties one and adds the pattern to
 * the other.
 *
 * <p>The square's share of the image begins at 0.8 and is halved after the queries 10, 50, 200,
 * 500, 1000, 2000, 4000, 6000 and 8000; scaled, these are of 10,000 queries. Each sample has its
 * own squares, as in the paper (in the AutoAttack package those of a batch share them). Inputs
 * without height and width [n, features] count as images of one row.
 *
 * <p>Cost: a forward pass for each query, of the samples that still hold.
 *
 * @param queries forward passes for each sample, at least 1; AutoAttack uses 5,000
 * @param initialShare the first square's share of the image, above 0 and at most 1
 * @param scaled whether the halvings are scaled to the number of queries; AutoAttack does not
 */
public record Square(int queries, double initialShare, boolean scaled) implements Attack {
  private static final int[] HALVINGS = {10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000};

  /**
   * Checks the values.
   *
   * @param queries at least 1
   * @param initialShare above 0 and at most 1
   * @param scaled whether the halvings are scaled to the number of queries
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
   * With the first square's share 0.8, and halvings scaled to the number of queries.
   *
   * @param queries at least 1
   * @return the attack
   * @throws IllegalArgumentException if {@code queries} is below 1
   */
  public static Square of(int queries) {
    return new Square(queries, 0.8, true);
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
        Locale.ROOT,
        "%d queries, first square %s of the image%s",
        queries,
        initialShare,
        scaled ? "" : ", halved at fixed queries");
  }

  /** How a norm's changes begin and go on. */
  interface Moves {
    /** The first change of each sample. */
    Tensor start(Target target);

    /** A change with another square, whose share of the image is given. */
    Tensor next(Target target, Tensor from, double share);

    static Moves of(Norm norm) {
      return switch (norm) {
        case LINF -> new SquareSigns();
        case L2 -> new SquarePatterns();
      };
    }
  }

  @Override
  public Tensor perturb(Target target) {
    Moves moves = Moves.of(target.norm());
    Findings findings = new Findings(target);
    Tensor best = target.none();
    Tensor margin = torch.zeros_like(target.labels()).to(best.scalar_type());
    Scope.withoutGradient(
        () -> {
          Tensor start = target.clip(moves.start(target));
          Tensor logits = target.logits(start);
          findings.take(start, logits);
          best.copy_(start);
          margin.copy_(AttackLoss.MARGIN.of(logits, target.labels()));
        });
    for (int query = 1; query < queries && !findings.isComplete(); query++) {
      double share = share(query);
      Scope.withoutGradient(
          () -> {
            Tensor open = findings.open();
            Target part = target.select(open);
            Tensor from = best.index_select(0, open);
            Tensor next = part.clip(moves.next(part, from, share));
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
    long at = scaled ? (long) query * 10_000 / queries : query;
    double share = initialShare;
    for (int halving : HALVINGS) {
      share = at > halving ? share / 2 : share;
    }
    return share;
  }
}
