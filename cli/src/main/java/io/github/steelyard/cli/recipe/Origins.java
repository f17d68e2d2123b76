package io.github.steelyard.cli.recipe;

import java.util.LinkedHashMap;
import java.util.Map;

/** Where each value of a recipe was written, so that an error can point to it. */
public final class Origins {
  private final String source;
  private final Map<String, String> places = new LinkedHashMap<>();

  /**
   * @param source the file's name
   */
  Origins(String source) {
    this.source = source;
  }

  String source() {
    return source;
  }

  void put(String path, int line) {
    places.putIfAbsent(path, source + ", line " + line);
  }

  void putOverride(String path, String text) {
    places.put(path, "--set " + text);
  }

  /** The same places, those of one section at the top, so that what it lacks is told of it. */
  Origins atTop(String section) {
    return moved(section, "", of(section));
  }

  /**
   * The same places, those below one section also found below another, where they come first.
   *
   * @param from the path of a section
   * @param to where its content stands now; empty for the top
   * @return the origins of the moved keys
   */
  public Origins moved(String from, String to) {
    return moved(from, to, source);
  }

  private Origins moved(String from, String to, String whole) {
    Origins moved = new Origins(whole);
    moved.places.putAll(places);
    places.forEach(
        (path, place) -> {
          if (path.equals(from)) {
            moved.places.put(to, place);
          } else if (path.startsWith(from + ".")) {
            moved.places.put(join(to, path.substring(from.length() + 1)), place);
          }
        });
    return moved;
  }

  /**
   * These places, and before them those of another file that were written below a section.
   *
   * @param other those of the file that this one is used in
   * @param section where it is used there
   * @return the origins of both
   */
  public Origins under(Origins other, String section) {
    Origins both = new Origins(source);
    both.places.putAll(places);
    other.places.forEach(
        (path, place) -> {
          if (path.startsWith(section + ".")) {
            both.places.put(path.substring(section.length() + 1), place);
          }
        });
    return both;
  }

  /** The place of a value, or of the nearest section around it. */
  String of(String path) {
    String at = path;
    while (!at.isEmpty()) {
      String place = places.get(at);
      if (place != null) {
        return place;
      }
      at = at.substring(0, Math.max(0, at.lastIndexOf('.')));
    }
    return source;
  }

  RecipeException error(String path, String message) {
    return error(path, message, null);
  }

  RecipeException error(String path, String message, Throwable cause) {
    return new RecipeException(of(path) + ": " + message, cause);
  }

  /**
   * A path one key longer.
   *
   * @param path may be empty
   * @param key the next key
   * @return such as {@code data.name}
   */
  public static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
