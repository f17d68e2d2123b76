package io.github.steelyard.bench.campaign;

/** Cases of one sort, each with a number that says all of it, beside the campaign's seed. */
interface Part {
  /**
   * Carries a case out and judges it.
   *
   * @param number which
   * @return what came of it
   * @throws Exception if the campaign itself fails
   */
  Verdict judge(long number) throws Exception;
}
