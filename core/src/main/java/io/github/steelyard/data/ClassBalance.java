package io.github.steelyard.data;

import java.util.ArrayList;
import java.util.List;

/** How many samples classes have, and what makes up for having few. */
public final class ClassBalance {
  private ClassBalance() {}

  /**
   * How many samples each class has.
   *
   * @param data whose labels are counted, without reading images
   * @return a number for each class in the order of the labels
   */
  public static int[] counts(Dataset data) {
    int[] counts = new int[data.classNames().size()];
    for (int i = 0; i < data.size(); i++) {
      counts[data.label(i)]++;
    }
    return counts;
  }

  /**
   * Weights with which all classes count alike in a loss, as scikit-learn's {@code
   * compute_class_weight("balanced")} gives them: n / (k n_c) with n samples, k classes and n_c
   * samples of the class. Their mean over the samples is 1.
   *
   * @param data what is trained on
   * @return a weight for each class in the order of the labels
   * @throws IllegalArgumentException if a class has no sample; the message names it
   */
  public static List<Double> weights(Dataset data) {
    int[] counts = counts(data);
    List<Double> weights = new ArrayList<>();
    for (int c = 0; c < counts.length; c++) {
      if (counts[c] == 0) {
        throw new IllegalArgumentException(
            "balanced class weights need a sample of each class, but %s has none of '%s'"
                .formatted(data.name(), data.classNames().get(c)));
      }
      weights.add(data.size() / ((double) counts.length * counts[c]));
    }
    return List.copyOf(weights);
  }
}
