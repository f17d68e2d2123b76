package io.github.steelyard.cli.life;

/**
 * What is known of a network after a stage of its life; null where it was not measured.
 *
 * @param stage the stage's folder, such as {@code 2-prune}
 * @param kind what happened
 * @param seconds how long it took, with measuring
 * @param classes how many classes the network knows
 * @param accuracy on test samples of all of them
 * @param oldAccuracy on those of the classes that it learned first, which it may take for any class
 * @param newAccuracy on those of the classes that came later
 * @param robustAccuracy the share of attacked samples that no attack breaks
 * @param file the file that the network would be shipped as
 * @param bytes its size
 * @param sparsity the share of the layers' weights that are zero
 * @param conditionNumber the largest effective condition number of a layer
 * @param oscillating the share of quantized weights that still oscillate at the end
 * @param modules how many modules its interactions form
 * @param modularity how clearly, from 0 to 1
 */
record StageRow(
    String stage,
    String kind,
    double seconds,
    Integer classes,
    Double accuracy,
    Double oldAccuracy,
    Double newAccuracy,
    Double robustAccuracy,
    String file,
    Long bytes,
    Double sparsity,
    Double conditionNumber,
    Double oscillating,
    Integer modules,
    Double modularity) {

  /** The row of a stage that looked for modules. */
  static StageRow explained(
      String stage, String kind, double seconds, int modules, double modularity) {
    return new StageRow(
        stage,
        kind,
        seconds,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        modules,
        modularity);
  }

  /** The row of a stage that wrote a file. */
  static StageRow exported(String stage, String kind, double seconds, String file, long bytes) {
    return new StageRow(
        stage, kind, seconds, null, null, null, null, null, file, bytes, null, null, null, null,
        null);
  }
}
