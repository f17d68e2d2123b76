package io.github.steelyard.cli.recipe;

import io.github.steelyard.runtime.Register;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The sections that recipes can have, our own and those of jars, in the order in which they act.
 */
public final class RecipeSections {
  private static final String FROM_OUTSIDE =
      ". If it is the section of a method from outside, the method's jar is not on the class"
          + " path: name it in the environment variable STEELYARD_CLASSPATH";

  private final Map<String, RecipeSection<?>> byKey = new LinkedHashMap<>();

  /**
   * @param found the sections
   * @param taken keys that mean something already
   * @throws RecipeException if two have the same key, or one has a key that means something already
   */
  RecipeSections(Iterable<? extends RecipeSection<?>> found, Collection<String> taken) {
    Map<String, RecipeSection<?>> seen = new LinkedHashMap<>();
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
      RecipeSection<?> other = seen.putIfAbsent(key, section);
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
    seen.values().stream()
        .sorted(
            Comparator.<RecipeSection<?>, RecipeSection.Place>comparing(RecipeSection::place)
                .thenComparing(RecipeSection::key))
        .forEach(section -> byKey.put(section.key(), section));
  }

  /**
   * Finds all on the class path.
   *
   * @return the sections
   * @throws io.github.steelyard.runtime.RegisterException if one cannot be loaded
   * @throws RecipeException if keys meet
   */
  public static RecipeSections load() {
    List<RecipeSection<?>> found = new ArrayList<>();
    Register.providers("section of recipes", RecipeSection.class).forEach(found::add);
    return new RecipeSections(found, RecipeKeys.ALL);
  }

  /**
   * The keys of all sections.
   *
   * @return the keys, in the order in which the sections act
   */
  public List<String> keys() {
    return List.copyOf(byKey.keySet());
  }

  /**
   * The keys of the sections that put something on weights, with those of jars.
   *
   * @param place where on weights
   * @return the keys of the sections with this place
   */
  public List<String> keysOf(RecipeSection.Place place) {
    return byKey.values().stream()
        .filter(section -> section.place() == place)
        .map(RecipeSection::key)
        .toList();
  }

  /**
   * Refuses keys that are neither a section nor one of these.
   *
   * @param root what is written
   * @param own the other keys that have a meaning there
   * @throws RecipeException if there is another key
   */
  public void requireKnown(Mapping root, Collection<String> own) {
    List<String> all = new ArrayList<>(own);
    all.addAll(byKey.keySet());
    root.allowOnly(all, FROM_OUTSIDE);
  }

  /**
   * Those that a recipe has, in the order in which they act.
   *
   * @param root what is written
   * @return the sections
   * @throws RecipeException if one is not valid
   */
  public List<Section<?>> read(Mapping root) {
    return byKey.values().stream()
        .filter(kind -> root.has(kind.key()))
        .<Section<?>>map(kind -> Section.read(kind, root.section(kind.key())))
        .toList();
  }
}
