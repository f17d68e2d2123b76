package io.github.steelyard.incremental;

import io.github.steelyard.data.Dataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Which classes arrive in which step. Any first step and any increments are possible, also unequal
 * ones.
 *
 * <pre>{@code
 * Scenario even = Scenario.of(training, Scenario.sizes(100, 20, 20)); // CIFAR-100 in 5 steps
 * Scenario free = Scenario.of(training, List.of(50, 10, 25, 15));
 * }</pre>
 *
 * @param steps the names of the classes that each step brings, in the order of the last layer's
 *     rows
 */
public record Scenario(List<List<String>> steps) {
  /** The customary seed of the class order. */
  public static final long CUSTOMARY_SEED = 1993;

  /**
   * Checks and copies the steps.
   *
   * @param steps the names of the classes that each step brings
   * @throws IllegalArgumentException if there is no step, a step is empty or a class arrives twice
   */
  public Scenario {
    steps = steps.stream().map(List::copyOf).toList();
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("a scenario needs at least one step");
    }
    ClassMap map = ClassMap.empty();
    for (List<String> step : steps) {
      map = map.with(step);
    }
  }

  /**
   * The classes of a data set in the customary order of seed {@value #CUSTOMARY_SEED}.
   *
   * @param data the training data
   * @param sizes how many classes each step brings; together at most those of the data set
   * @return the scenario
   * @throws IllegalArgumentException if the sizes do not fit, a class has no sample or two classes
   *     have one name
   */
  public static Scenario of(Dataset data, List<Integer> sizes) {
    return shuffled(data, sizes, CUSTOMARY_SEED);
  }

  /**
   * The classes of a data set in a random order. It is NumPy's {@code random.permutation} after
   * {@code random.seed(seed)}, so that seed {@value #CUSTOMARY_SEED} gives the order that published
   * numbers use.
   *
   * @param data the training data
   * @param sizes how many classes each step brings; together at most those of the data set
   * @param seed decides the order, 0 to 2^32 - 1
   * @return the scenario
   * @throws IllegalArgumentException if the sizes or the seed do not fit, a class has no sample or
   *     two classes have one name
   */
  public static Scenario shuffled(Dataset data, List<Integer> sizes, long seed) {
    List<String> names = data.classNames();
    List<String> order =
        Arrays.stream(NumpyPermutation.of(names.size(), seed)).mapToObj(names::get).toList();
    return cut(data, order, sizes);
  }

  /**
   * The classes of a data set in its own order.
   *
   * @param data the training data
   * @param sizes how many classes each step brings; together at most those of the data set
   * @return the scenario
   * @throws IllegalArgumentException if the sizes do not fit, a class has no sample or two classes
   *     have one name
   */
  public static Scenario inOrder(Dataset data, List<Integer> sizes) {
    return cut(data, data.classNames(), sizes);
  }

  private static Scenario cut(Dataset data, List<String> order, List<Integer> sizes) {
    Set<String> names = new LinkedHashSet<>();
    for (String name : order) {
      if (!names.add(name)) {
        throw new IllegalArgumentException(
            data.name() + " has two classes named '" + name + "'; rename one");
      }
    }
    List<List<String>> steps = new ArrayList<>();
    int begin = 0;
    for (int size : sizes) {
      if (size < 1 || size > order.size() - begin) {
        throw new IllegalArgumentException(
            "steps of "
                + sizes
                + " classes do not fit "
                + data.name()
                + ": each brings at least one class, all together at most its "
                + order.size());
      }
      steps.add(order.subList(begin, begin + size));
      begin += size;
    }
    requireSamples(data, new LinkedHashSet<>(order.subList(0, begin)));
    return new Scenario(steps);
  }

  private static void requireSamples(Dataset data, Set<String> classes) {
    boolean[] present = new boolean[data.classNames().size()];
    for (int i = 0; i < data.size(); i++) {
      present[data.label(i)] = true;
    }
    for (int label = 0; label < present.length; label++) {
      String name = data.classNames().get(label);
      if (!present[label] && classes.contains(name)) {
        throw new IllegalArgumentException(
            "the class '" + name + "' of " + data.name() + " has no sample");
      }
    }
  }

  /**
   * The sizes of equal steps after a first one. If the classes do not divide evenly, the last step
   * is smaller.
   *
   * @param classes the number of classes, at least 1
   * @param first how many classes the first step brings, at least 1
   * @param increment how many each further step brings, at least 1
   * @return the sizes, whose sum is the number of classes
   * @throws IllegalArgumentException if a number is out of range
   */
  public static List<Integer> sizes(int classes, int first, int increment) {
    if (first < 1 || increment < 1 || first > classes) {
      throw new IllegalArgumentException(
          "%d classes cannot arrive as %d first and then %d a step: a step brings at least one, the"
                  .formatted(classes, first, increment)
              + " first at most all");
    }
    List<Integer> sizes = new ArrayList<>(List.of(first));
    for (int left = classes - first; left > 0; left -= increment) {
      sizes.add(Math.min(increment, left));
    }
    return sizes;
  }

  /**
   * All classes in the order of their arrival.
   *
   * @return names, row by row
   */
  public List<String> classOrder() {
    return steps.stream().flatMap(List::stream).toList();
  }

  /**
   * How many classes each step brings.
   *
   * @return sizes, each at least 1
   */
  public List<Integer> stepSizes() {
    return steps.stream().map(List::size).toList();
  }
}
