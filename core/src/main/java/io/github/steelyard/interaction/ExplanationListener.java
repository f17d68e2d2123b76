package io.github.steelyard.interaction;

/** Hears how far an explanation is. */
public interface ExplanationListener {
  /** Hears nothing. */
  ExplanationListener SILENT =
      new ExplanationListener() {
        @Override
        public void started(long steps) {}

        @Override
        public void advanced(String phase, int batch, int batches, long done) {}
      };

  /**
   * The network could be cut, and work begins; what began before is over.
   *
   * @param steps how many steps it takes, at least 1; passes that cost more count more
   */
  void started(long steps);

  /**
   * A batch of a pass over the data is done.
   *
   * @param phase what the pass computes, such as {@code "basis of hidden1"}
   * @param batch batches of the pass that are done, from 1
   * @param batches batches of the pass
   * @param done steps of the work that are done
   */
  void advanced(String phase, int batch, int batches, long done);
}
