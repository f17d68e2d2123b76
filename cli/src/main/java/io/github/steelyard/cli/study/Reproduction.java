package io.github.steelyard.cli.study;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.method.Methods;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What a study tells about papers: the key {@code reproduces} of its file.
 *
 * <pre>
 * reproduces:
 *   methods: [sgdp, adamp]          # as 'steelyard methods' lists them
 *   title: Norm growth              # the heading of its results
 *   seconds_per_run: 90             # for the time that is left before one run has ended
 *   claims: [...]                   # see {@link Claim}
 * </pre>
 *
 * @param methods the names of the methods that it is about
 * @param title the heading of its results
 * @param secondsPerRun about how long one run takes on two cores; 0 if unknown
 * @param claims what the papers say and this study measures
 */
public record Reproduction(
    List<String> methods, String title, double secondsPerRun, List<Claim> claims) {
  private static final List<String> KEYS = List.of("methods", "title", "seconds_per_run", "claims");

  /**
   * Copies the lists.
   *
   * @param methods the names of the methods that it is about
   * @param title the heading of its results
   * @param secondsPerRun about how long one run takes; 0 if unknown
   * @param claims what the papers say and this study measures
   */
  public Reproduction {
    methods = List.copyOf(methods);
    claims = List.copyOf(claims);
  }

  static Reproduction read(Mapping section, StudyAxes axes, Collection<String> measures) {
    section.allowOnly(KEYS);
    List<Claim> claims =
        section.sections(
            "claims",
            "[{claim: ..., paper: ..., measure: accuracy, of: {variant: dropout}, above: 0.9}]",
            claim -> Claim.read(claim, axes, measures));
    if (claims.isEmpty()) {
      throw section.error("claims", "must be a list of at least one claim");
    }
    String title = section.requiredText("title", "Norm growth");
    if (title.isBlank() || title.contains("\n") || title.contains("-->")) {
      throw section.error("title", "must be one line, which becomes a heading");
    }
    return new Reproduction(methods(section), title, section.rate("seconds_per_run", 0), claims);
  }

  private static List<String> methods(Mapping section) {
    List<String> names = new ArrayList<>();
    if (section.get("methods") != null) {
      section.get("methods").forEach(name -> names.add(name.asText()));
    }
    if (names.isEmpty()) {
      throw section.error("methods", "must be a list of methods, such as [adamp]");
    }
    Methods methods = Methods.load();
    names.forEach(name -> section.checked("methods", () -> methods.get(name)));
    return names;
  }
}
