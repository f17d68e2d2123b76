package io.github.steelyard.cli.study;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.report.Numbers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a study measured of a claim.
 *
 * @param claim what a paper says
 * @param bySeed the number that the claim is about, by seed; only of seeds whose runs are finished
 * @param interval its mean and 95 % confidence interval over the seeds
 */
record ClaimResult(Claim claim, Map<Long, Double> bySeed, Interval interval) {

  /** Whether a claim holds here. */
  enum Verdict {
    /** The whole interval is where the claim puts the number. */
    YES,
    /** The whole interval is on the other side of the bound. */
    NO,
    /** The bound is inside the interval, or there are fewer than two seeds. */
    UNDECIDED
  }

  static ClaimResult of(Claim claim, Study study, StudyResults results) {
    List<Map<String, String>> measured = claim.measured(study.axes().settings());
    List<Map<String, String>> others = claim.comparedWith(study.axes().settings());
    Map<Long, Double> bySeed = new TreeMap<>();
    for (long seed : study.seeds()) {
      double value = results.mean(measured, seed, claim.measure());
      double number =
          claim.isDifference() ? value - results.mean(others, seed, claim.measure()) : value;
      if (Double.isFinite(number)) {
        bySeed.put(seed, number);
      }
    }
    return new ClaimResult(claim, bySeed, Interval.of(List.copyOf(bySeed.values())));
  }

  static final List<String> COLUMNS =
      List.of("claim", "paper", "ours", "expected", "seeds", "verified");

  /** What a person reads, by column. */
  List<String> row() {
    return List.of(
        claim.statement(), claim.paper(), ours(), expected(), seeds(), Output.word(verdict()));
  }

  /** Follows from the numbers; nobody writes it. */
  Verdict verdict() {
    if (interval.count() < 2) {
      return Verdict.UNDECIDED;
    }
    boolean above = interval.low() > claim.bound();
    boolean below = interval.high() < claim.bound();
    if (!above && !below) {
      return Verdict.UNDECIDED;
    }
    return above == (claim.side() == Claim.Side.ABOVE) ? Verdict.YES : Verdict.NO;
  }

  /** The measured number in words, such as {@code +14.29 ± 3.10 points of accuracy}. */
  String ours() {
    String measure = claim.measure();
    return measure
        + ": "
        + (claim.isDifference() ? interval.difference(measure) : interval.text(measure));
  }

  /** What the claim expects of the number, such as {@code above 0}. */
  String expected() {
    boolean fraction = Numbers.isFraction(claim.measure()) && claim.bound() != 0;
    return Output.word(claim.side())
        + " "
        + (fraction ? Numbers.percent(claim.bound()) : Numbers.brief(claim.bound()));
  }

  /** The numbers of the seeds, such as {@code 14.30, 11.90, 5.80}. */
  String numbers() {
    return bySeed.values().stream()
        .map(value -> Interval.number(claim.measure(), value))
        .collect(Collectors.joining(", "));
  }

  /** The seeds that have a number. */
  String seeds() {
    return bySeed.keySet().stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  Map<String, Object> toJson() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("claim", claim.statement());
    values.put("paper", claim.paper());
    values.put("measure", claim.measure());
    values.put("of", claim.of());
    if (claim.isDifference()) {
      values.put("minus", claim.minus());
    }
    values.put(Output.word(claim.side()), claim.bound());
    values.put("ours", StudyResults.numbers(interval));
    Map<String, Double> seeds = new LinkedHashMap<>();
    bySeed.forEach((seed, value) -> seeds.put(String.valueOf(seed), value));
    values.put("by_seed", seeds);
    values.put("verified", Output.word(verdict()));
    return values;
  }
}
