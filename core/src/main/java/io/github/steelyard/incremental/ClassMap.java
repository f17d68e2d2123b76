package io.github.steelyard.incremental;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.runtime.Suggestion;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which output of a grown classifier means which class, and in which step each class arrived. Row r
 * of the last layer belongs to {@code classes().get(r)}; the classes stand in the order of their
 * arrival. Classes are known by name, so that data sets whose label numbers differ agree.
 *
 * @param classes the classes' names in the order of the last layer's rows, no name twice
 * @param stepSizes how many classes each step brought, each at least 1, in the order of the steps
 */
public record ClassMap(List<String> classes, List<Integer> stepSizes) {
  private static final String CLASSES = "classes";
  private static final String STEP_SIZES = "step_sizes";

  /**
   * Checks and copies the lists.
   *
   * @param classes the classes' names, no name twice
   * @param stepSizes how many classes each step brought, each at least 1
   * @throws IllegalArgumentException if a class stands twice, a step is empty or the numbers do not
   *     add up
   */
  public ClassMap {
    classes = List.copyOf(classes);
    stepSizes = List.copyOf(stepSizes);
    Set<String> distinct = new LinkedHashSet<>();
    for (String name : classes) {
      if (!distinct.add(name)) {
        throw new IllegalArgumentException("the class '" + name + "' stands twice in " + classes);
      }
    }
    int sum = 0;
    for (int size : stepSizes) {
      if (size < 1) {
        throw new IllegalArgumentException(
            "each step brings at least one class, but the steps' sizes are " + stepSizes);
      }
      sum += size;
    }
    if (sum != classes.size()) {
      throw new IllegalArgumentException(
          "steps of " + stepSizes + " bring " + sum + " classes, but there are " + classes.size());
    }
  }

  /**
   * Nothing learned yet.
   *
   * @return a map without classes and steps
   */
  public static ClassMap empty() {
    return new ClassMap(List.of(), List.of());
  }

  /**
   * The number of classes, which is that of the last layer's rows.
   *
   * @return at least 0
   */
  public int size() {
    return classes.size();
  }

  /**
   * The number of steps.
   *
   * @return at least 0
   */
  public int steps() {
    return stepSizes.size();
  }

  /**
   * The row of a class.
   *
   * @param name the class
   * @return from 0 to {@link #size()} - 1
   * @throws IllegalArgumentException if the class is not known; the message names the nearest
   */
  public int row(String name) {
    int row = classes.indexOf(name);
    if (row < 0) {
      throw new IllegalArgumentException(
          "the model does not know the class '" + name + "'" + Suggestion.clause(name, classes));
    }
    return row;
  }

  /**
   * The first row of a step's classes, which is the number of classes known before it.
   *
   * @param step from 0 to {@link #steps()}
   * @return the row
   * @throws IndexOutOfBoundsException if there is no such step
   */
  public int firstRow(int step) {
    return stepSizes.subList(0, step).stream().mapToInt(Integer::intValue).sum();
  }

  /**
   * The classes of one step.
   *
   * @param step from 0 to {@link #steps()} - 1
   * @return their names in the order of the rows
   * @throws IndexOutOfBoundsException if there is no such step
   */
  public List<String> classesOf(int step) {
    int first = firstRow(step);
    return classes.subList(first, first + stepSizes.get(step));
  }

  /**
   * The map after one more step.
   *
   * @param newClasses the classes that arrive
   * @return a map with these classes behind those that are here
   * @throws IllegalArgumentException if no class arrives, or one is known already or named twice
   */
  public ClassMap with(List<String> newClasses) {
    if (newClasses.isEmpty()) {
      throw new IllegalArgumentException(
          "a step needs at least one new class, but step " + (steps() + 1) + " names none");
    }
    Set<String> seen = new LinkedHashSet<>(classes);
    for (String name : newClasses) {
      if (!seen.add(name)) {
        throw new IllegalArgumentException(
            classes.contains(name)
                ? "the class '"
                    + name
                    + "' was seen before, in step "
                    + (stepOf(classes.indexOf(name)) + 1)
                    + "; a step brings new classes only"
                : "the class '" + name + "' stands twice in the new classes " + newClasses);
      }
    }
    List<Integer> sizes = new ArrayList<>(stepSizes);
    sizes.add(newClasses.size());
    return new ClassMap(new ArrayList<>(seen), sizes);
  }

  private int stepOf(int row) {
    int step = 0;
    while (row >= firstRow(step + 1)) {
      step++;
    }
    return step;
  }

  /**
   * The samples of a data set that the model can answer, labelled with the rows of its last layer.
   *
   * @param data a data set that holds samples of all classes of this map; others are left out
   * @return a view of the data set
   * @throws IllegalArgumentException if a class has no sample there; the message names it
   */
  public Dataset select(Dataset data) {
    return new ClassView(data, this, 0, size());
  }

  /** The row of each label of a data set; -1 for classes that are not known. */
  int[] rows(Dataset data) {
    Map<String, Integer> byName = new LinkedHashMap<>();
    for (int row = 0; row < classes.size(); row++) {
      byName.put(classes.get(row), row);
    }
    return data.classNames().stream().mapToInt(name -> byName.getOrDefault(name, -1)).toArray();
  }

  /**
   * The map as it is stored in files.
   *
   * @return JSON values by key: {@code classes} and {@code step_sizes}
   */
  Map<String, Object> toValues() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put(CLASSES, classes);
    values.put(STEP_SIZES, stepSizes);
    return Collections.unmodifiableMap(values);
  }

  /**
   * Reads a stored map.
   *
   * @param values what {@link #toValues()} gave, perhaps written to JSON and back
   * @return the map
   * @throws IllegalArgumentException if a key is missing or a value is of another kind
   */
  static ClassMap of(Map<String, ?> values) {
    List<String> classes = new ArrayList<>();
    for (Object name : list(values, CLASSES)) {
      classes.add(String.valueOf(name));
    }
    List<Integer> sizes = new ArrayList<>();
    for (Object size : list(values, STEP_SIZES)) {
      if (!(size instanceof Number number)) {
        throw new IllegalArgumentException(
            "'" + STEP_SIZES + "' must hold whole numbers, but holds " + size);
      }
      sizes.add(number.intValue());
    }
    return new ClassMap(classes, sizes);
  }

  private static List<?> list(Map<String, ?> values, String key) {
    if (!(values.get(key) instanceof List<?> list)) {
      throw new IllegalArgumentException(
          "a class map needs a list '" + key + "', but has " + values.get(key));
    }
    return list;
  }
}
