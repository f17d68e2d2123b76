package io.github.steelyard.runtime;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Finds what a person probably meant, for error messages. */
public final class Suggestion {
  /** A network has hundreds of modules; nobody reads that many names in an error. */
  private static final int MOST_LISTED = 24;

  private Suggestion() {}

  /**
   * The valid name nearest to a misspelt one.
   *
   * @param name what was written
   * @param valid the names that would have been valid
   * @return the nearest one by edit distance, if at most half of its letters differ
   */
  public static Optional<String> nearest(String name, Collection<String> valid) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    String written = name.toLowerCase(Locale.ROOT);
    return valid.stream()
        .filter(v -> distance.apply(written, v.toLowerCase(Locale.ROOT)) <= (v.length() + 1) / 2)
        .min(
            Comparator.comparingInt(
                (String v) -> distance.apply(written, v.toLowerCase(Locale.ROOT))));
  }

  /**
   * The end of an error message about an unknown name: the nearest valid name and the first valid
   * ones.
   *
   * @param name what was written
   * @param valid the names that would have been valid
   * @return such as {@code "; did you mean 'lr'? Valid are: lr, momentum"}
   */
  public static String clause(String name, Collection<String> valid) {
    String list =
        valid.isEmpty()
            ? "none"
            : valid.stream()
                .limit(MOST_LISTED)
                .map(Printable::name)
                .collect(Collectors.joining(", "));
    if (valid.size() > MOST_LISTED) {
      list += ", ... (" + valid.size() + " in all)";
    }
    return nearest(name, valid)
            .map(n -> "; did you mean '" + Printable.name(n) + "'? Valid")
            .orElse("; valid")
        + " are: "
        + list;
  }
}
