package io.github.steelyard.incremental;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.incremental.Strategy.ReadOut;
import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.train.ConfusionMatrix;
import io.github.steelyard.train.Evaluator;
import java.util.ArrayList;
import java.util.List;

/**
 * How a model answers the test samples of all classes it knows, without being told the task. With
 * {@code n_cd} samples of class c answered with d:
 *
 * <pre>
 * accuracy    = sum_c n_cc / sum_cd n_cd                                (all classes seen)
 * task t      = sum_{c in t} n_cc / sum_{c in t, d} n_cd                (classes of step t)
 * old, new    = the same over classes of earlier steps, over those of the last step
 * </pre>
 *
 * @param readOut how the answers were read, such as {@code softmax}
 * @param accuracy over all classes seen, in [0, 1]
 * @param oldAccuracy over classes of earlier steps; not a number in the first step
 * @param newAccuracy over classes of the last step
 * @param taskAccuracies over the classes of each step, the first step first
 * @param confusion counts {@code n_cd}, row by true class, in the order of the last layer's rows
 */
public record Evaluation(
    String readOut,
    double accuracy,
    double oldAccuracy,
    double newAccuracy,
    List<Double> taskAccuracies,
    List<List<Long>> confusion) {

  /**
   * Copies the lists.
   *
   * @param readOut how the answers were read
   * @param accuracy over all classes seen
   * @param oldAccuracy over classes of earlier steps
   * @param newAccuracy over classes of the last step
   * @param taskAccuracies over the classes of each step
   * @param confusion counts, row by true class
   */
  public Evaluation {
    taskAccuracies = List.copyOf(taskAccuracies);
    confusion = confusion.stream().map(List::copyOf).toList();
  }

  /**
   * Computes the numbers from counts.
   *
   * @param readOut how the answers were read
   * @param confusion counts, row by true class, one row and column for each class of the map
   * @param classes which classes belong to which step; at least one step
   * @return the evaluation
   * @throws IllegalArgumentException if the counts are of another number of classes
   */
  public static Evaluation of(ReadOut readOut, List<List<Long>> confusion, ClassMap classes) {
    int size = classes.size();
    if (confusion.size() != size || confusion.stream().anyMatch(row -> row.size() != size)) {
      throw new IllegalArgumentException(
          "counts of " + confusion.size() + " classes do not fit the model's " + size);
    }
    List<Double> tasks = new ArrayList<>();
    for (int step = 0; step < classes.steps(); step++) {
      tasks.add(share(confusion, classes.firstRow(step), classes.firstRow(step + 1)));
    }
    int oldClasses = classes.firstRow(classes.steps() - 1);
    return new Evaluation(
        readOut.key(),
        share(confusion, 0, size),
        share(confusion, 0, oldClasses),
        share(confusion, oldClasses, size),
        tasks,
        confusion);
  }

  /**
   * Computes the numbers from a metric, such as one of a model of {@link ClassifierFile}.
   *
   * @param readOut how the answers were read
   * @param matrix what was counted, one row and column for each class of the map
   * @param classes which classes belong to which step; at least one step
   * @return the evaluation
   * @throws IllegalArgumentException if the counts are of another number of classes
   */
  public static Evaluation of(ReadOut readOut, ConfusionMatrix matrix, ClassMap classes) {
    List<List<Long>> counts = new ArrayList<>();
    for (int target = 0; target < matrix.classes(); target++) {
      List<Long> row = new ArrayList<>();
      for (int answer = 0; answer < matrix.classes(); answer++) {
        row.add(matrix.count(target, answer));
      }
      counts.add(row);
    }
    return of(readOut, counts, classes);
  }

  /**
   * Measures a model by softmax, such as one of {@link ClassifierFile}, which holds no exemplars
   * for nearest means.
   *
   * @param model the model, on the device
   * @param test test samples of all classes of the map, labelled by the last layer's rows
   * @param classes which classes belong to which step; at least one step
   * @param device where it computes
   * @return the evaluation
   * @throws IllegalArgumentException if the model has another number of outputs than classes
   */
  public static Evaluation bySoftmax(
      Module model, BatchSource test, ClassMap classes, Device device) {
    ConfusionMatrix matrix = new ConfusionMatrix();
    new Evaluator(test, List.of(matrix)).evaluate(model, device);
    return of(ReadOuts.SOFTMAX, matrix, classes);
  }

  /**
   * How many samples were answered.
   *
   * @return the sum of all counts
   */
  public long samples() {
    return confusion.stream().flatMap(List::stream).mapToLong(Long::longValue).sum();
  }

  private static double share(List<List<Long>> confusion, int begin, int end) {
    long correct = 0;
    long samples = 0;
    for (int c = begin; c < end; c++) {
      correct += confusion.get(c).get(c);
      samples += confusion.get(c).stream().mapToLong(Long::longValue).sum();
    }
    return samples == 0 ? Double.NaN : (double) correct / samples;
  }
}
