package io.github.steelyard.cli;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Classes that cannot be understood without one another: the strongly connected components of who
 * knows whom, found by Tarjan's algorithm. Classes within a class count as that class. ArchUnit
 * only finds cycles one by one, of which a knot of ten classes has thousands.
 */
final class ClassCycles {
  private final Map<String, Set<String>> known = new HashMap<>();
  private final Map<String, Integer> order = new HashMap<>();
  private final Map<String, Integer> lowest = new HashMap<>();
  private final Deque<String> open = new ArrayDeque<>();
  private final Set<String> isOpen = new HashSet<>();
  private final List<Set<String>> cycles = new ArrayList<>();

  private ClassCycles(JavaClasses classes) {
    for (JavaClass each : classes) {
      String name = outermost(each);
      Set<String> others = known.computeIfAbsent(name, n -> new TreeSet<>());
      each.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(other -> classes.contain(other.getName()))
          .map(ClassCycles::outermost)
          .filter(other -> !other.equals(name))
          .forEach(others::add);
    }
  }

  /** Every cycle with all of its classes, the largest first. */
  static List<Set<String>> of(JavaClasses classes) {
    ClassCycles search = new ClassCycles(classes);
    new TreeSet<>(search.known.keySet()).forEach(search::visit);
    search.cycles.sort(Comparator.<Set<String>>comparingInt(Set::size).reversed());
    return search.cycles;
  }

  private static String outermost(JavaClass type) {
    return type.getEnclosingClass().map(ClassCycles::outermost).orElseGet(type::getName);
  }

  private void visit(String name) {
    if (order.containsKey(name)) {
      return;
    }
    order.put(name, order.size());
    lowest.put(name, order.get(name));
    open.push(name);
    isOpen.add(name);
    for (String other : known.get(name)) {
      visit(other);
      if (isOpen.contains(other)) {
        lowest.merge(name, lowest.get(other), Math::min);
      }
    }
    if (lowest.get(name).equals(order.get(name))) {
      close(name);
    }
  }

  private void close(String first) {
    Set<String> cycle = new TreeSet<>();
    String last;
    do {
      last = open.pop();
      isOpen.remove(last);
      cycle.add(last);
    } while (!last.equals(first));
    if (cycle.size() > 1) {
      cycles.add(cycle);
    }
  }
}
