package io.github.steelyard.cli.study;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.results.RunResults;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Where the numbers of a study come from, gathered from its finished runs: each may have been made
 * at another time, by another version and on another machine.
 *
 * @param runs how many runs there are
 * @param seconds how long they took together, one after the other
 * @param facts what the runs say of themselves, by name, each value once and in order
 * @param data SHA-256 of the data sets, by their role
 */
public record StudyOrigins(
    int runs, double seconds, Map<String, Set<String>> facts, Map<String, Set<String>> data) {
  /** Enough digits of a hash to tell data sets apart by eye. */
  private static final int DIGITS = 12;

  /** A list of more hashes is not read. */
  private static final int MOST_HASHES = 3;

  static StudyOrigins of(Collection<StudyRun> finished) throws IOException {
    Map<String, Set<String>> facts = new LinkedHashMap<>();
    Map<String, Set<String>> data = new LinkedHashMap<>();
    double seconds = 0;
    for (String fact :
        List.of("day", "steelyard", "commit", "libtorch", "java", "threads", "machine")) {
      facts.put(fact, new TreeSet<>());
    }
    for (StudyRun run : finished) {
      seconds += run.seconds();
      JsonNode origin = RunResults.in(run.run()).map(node -> node.path("provenance")).orElseThrow();
      add(facts, "day", firstLetters(origin.path("created").asText(), "2026-01-01".length()));
      add(facts, "steelyard", origin.path("steelyard").asText());
      for (String key : List.of("libtorch", "java", "threads")) {
        add(facts, key, origin.path("engine").path(key).asText());
      }
      Optional<StudyRecord> noted = StudyRecord.read(StudyRun.recordOf(run.run()));
      add(facts, "commit", noted.map(own -> own.machine().commit()).orElse(Machine.UNKNOWN));
      add(facts, "machine", noted.map(StudyOrigins::machine).orElse(Machine.UNKNOWN));
      origin
          .path("data")
          .properties()
          .forEach(
              entry ->
                  data.computeIfAbsent(entry.getKey(), key -> new TreeSet<>())
                      .add(entry.getValue().asText()));
    }
    return new StudyOrigins(finished.size(), seconds, facts, data);
  }

  private static void add(Map<String, Set<String>> facts, String name, String value) {
    if (!value.isEmpty()) {
      facts.get(name).add(value);
    }
  }

  private static String machine(StudyRecord noted) {
    return noted.machine().processor() + ", " + noted.machine().cores() + " cores";
  }

  private static String firstLetters(String text, int count) {
    return text.substring(0, Math.min(count, text.length()));
  }

  /**
   * In sentences.
   *
   * @param command the command line
   * @return the text
   */
  public String text(List<String> command) {
    List<String> hashes = new ArrayList<>();
    data.forEach((role, values) -> hashes.add(role + " " + hashes(values)));
    return "%d runs of %s, %s in all; Steelyard %s (commit %s), libtorch %s, Java %s, threads %s, on %s."
            .formatted(
                runs,
                days(),
                Numbers.duration(seconds),
                list("steelyard"),
                list("commit"),
                list("libtorch"),
                list("java"),
                list("threads"),
                list("machine"))
        + (hashes.isEmpty() ? "" : " Data (SHA-256): " + String.join("; ", hashes) + ".")
        + " Command: `"
        + String.join(" ", command)
        + "`.";
  }

  private String days() {
    List<String> days = List.copyOf(facts.get("day"));
    if (days.isEmpty()) {
      return Machine.UNKNOWN + " date";
    }
    String first = days.get(0);
    String last = days.get(days.size() - 1);
    return first.equals(last) ? first : first + " to " + last;
  }

  private String list(String fact) {
    return facts.get(fact).isEmpty() ? Machine.UNKNOWN : String.join(" and ", facts.get(fact));
  }

  private static String hashes(Set<String> values) {
    List<String> first =
        values.stream().limit(MOST_HASHES).map(hash -> firstLetters(hash, DIGITS)).toList();
    int more = values.size() - first.size();
    return String.join(", ", first) + (more > 0 ? " and " + more + " more" : "");
  }

  Map<String, Object> toJson(List<String> command) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("runs", runs);
    values.put("seconds", seconds);
    values.putAll(facts);
    values.put("data", new TreeMap<>(data));
    values.put("command", command);
    return values;
  }
}
