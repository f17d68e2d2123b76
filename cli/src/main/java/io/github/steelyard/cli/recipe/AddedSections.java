package io.github.steelyard.cli.recipe;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** The sections that jars on the class path add to recipes, by their keys. */
public final class AddedSections {
  private final Map<String, RecipeSection<?>> byKey = new TreeMap<>();

  /**
   * @throws RecipeException if two have the same key, or one has a key that means something already
   */
  AddedSections(Iterable<? extends RecipeSection<?>> found, Collection<String> taken) {
    for (RecipeSection<?> section : found) {
      String key = section.key();
      if (!key.matches("[a-z][a-z0-9_]*")) {
        throw new RecipeException(
            "the section '"
                + key
                + "' of "
                + section.getClass().getName()
                + " must have a key of small letters, digits and underscores");
      }
      if (taken.contains(key)) {
        throw new RecipeException(
            section.getClass().getName()
                + " adds a section '"
                + key
                + "' to recipes, but recipes have this key already; give it another one");
      }
      RecipeSection<?> other = byKey.putIfAbsent(key, section);
      if (other != null) {
        throw new RecipeException(
            other.getClass().getName()
                + " and "
                + section.getClass().getName()
                + " both add a section '"
                + key
                + "' to recipes; take one of their jars off the class path");
      }
    }
  }

  /**
   * Finds all on the class path.
   *
   * @param taken keys that mean something already
   * @throws RecipeException if one cannot be loaded, or keys meet
   */
  static AddedSections load(Collection<String> taken) {
    try {
      List<RecipeSection<?>> found = new ArrayList<>();
      for (RecipeSection<?> section : ServiceLoader.load(RecipeSection.class)) {
        found.add(section);
      }
      return new AddedSections(found, taken);
    } catch (ServiceConfigurationError e) {
      throw new RecipeException(
          "a jar on the class path adds a section to recipes that cannot be loaded: "
              + e.getMessage(),
          e);
    }
  }

  public Collection<String> keys() {
    return byKey.keySet();
  }

  /**
   * Refuses keys that are neither a section of the class path nor one of these.
   *
   * @param own the other keys that have a meaning there
   */
  public void requireKnown(Section section, Collection<String> own) {
    List<String> all = new ArrayList<>(own);
    all.addAll(byKey.keySet());
    section.allowOnly(
        all,
        ". If it is the section of a method from outside, the method's jar is not on the class"
            + " path: name it in the environment variable STEELYARD_CLASSPATH");
  }

  /** Those that a recipe has, in the order of their keys. */
  List<AddedSection<?>> read(Section root) {
    return byKey.values().stream()
        .filter(kind -> root.has(kind.key()))
        .<AddedSection<?>>map(kind -> AddedSection.read(kind, root.section(kind.key())))
        .toList();
  }
}
