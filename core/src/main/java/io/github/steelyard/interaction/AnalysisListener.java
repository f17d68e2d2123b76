package io.github.steelyard.interaction;

/** Hears how far an analysis is. */
@FunctionalInterface
public interface AnalysisListener {
  /** Hears nothing. */
  AnalysisListener SILENT = (phase, done, total) -> {};

  /**
   * A batch of a pass over the data is done. Of many {@linkplain
   * io.github.steelyard.runtime.Distributed ranks} each hears of as many batches as the one with
   * most has, so that all are at the same place when they hear it.
   *
   * @param phase what the pass computes, such as {@code "basis of hidden1"}
   * @param done batches that are done, from 1
   * @param total batches of the pass
   */
  void advanced(String phase, int done, int total);

  /**
   * A part of a batch is done, where one takes long.
   *
   * @param phase what the pass computes
   * @param done batches that are done and the part of the next one, from 0
   * @param total batches of the pass
   */
  default void within(String phase, double done, int total) {}
}
