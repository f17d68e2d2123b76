package io.github.steelyard.interaction;

import java.time.Duration;

/** Hears how far an explanation is. */
public interface ExplanationListener {
  /** Hears nothing. */
  ExplanationListener SILENT =
      new ExplanationListener() {
        @Override
        public void started() {}

        @Override
        public void advanced(
            String phase, double batch, int batches, Duration spent, Duration left) {}
      };

  /** The network could be cut, and work begins. */
  void started();

  /**
   * A batch of a pass over the data is done, or a part of one that takes long. Of many {@linkplain
   * io.github.steelyard.runtime.Distributed ranks} all hear of whole batches equally often, at the
   * same places; not so of parts.
   *
   * @param phase what the pass computes, such as {@code "basis of hidden1"}
   * @param batch batches of the pass that are done, with the part of the next one
   * @param batches batches of the pass
   * @param spent the time since the work began
   * @param left the time that the rest of the work will take, by what passes of its kind took so
   *     far and, before there was any, by a quick measurement
   */
  void advanced(String phase, double batch, int batches, Duration spent, Duration left);
}
