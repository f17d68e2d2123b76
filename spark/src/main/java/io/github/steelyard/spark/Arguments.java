package io.github.steelyard.spark;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The command line of {@link Main}: what is for Spark, and what is left for Steelyard.
 *
 * @param home where Steelyard is
 * @param command {@code train}, {@code study} or {@code reproduce}
 * @param ranks how many ranks train
 * @param folder where the run or the study is, an absolute path
 * @param words what else there is
 */
record Arguments(Home home, String command, int ranks, String folder, List<String> words) {
  static final String USAGE =
      """
      usage: Main train     --ranks N --folder DIR [--home DIR] FILE [options of steelyard run]
             Main study     --folder DIR [--home DIR] FILE [options of steelyard run]
             Main reproduce --folder DIR [--home DIR] PAPER... [options of steelyard reproduce]
      --folder: on a disk that the driver and all executors see
      --home:   where Steelyard's distribution is on all machines; STEELYARD_HOME if not given""";

  static Arguments read(List<String> given) {
    List<String> words = new ArrayList<>(given);
    String command = words.isEmpty() ? "" : words.remove(0);
    if (!List.of("train", "study", "reproduce").contains(command)) {
      throw new IllegalArgumentException(
          "the first word must be train, study or reproduce, but is '" + command + "'");
    }
    boolean trains = command.equals("train");
    int ranks = trains ? ranks(taken(words, "--ranks")) : 1;
    Optional<String> home =
        taken(words, "--home").or(() -> Optional.ofNullable(System.getenv("STEELYARD_HOME")));
    String folder = taken(words, "--folder").orElseThrow(() -> missing("--folder"));
    if (trains) {
      for (String option : List.of("--resume", "--replace")) {
        if (words.contains(option)) {
          throw new IllegalArgumentException(
              option
                  + " is not needed: a run that is in --folder goes on; remove it to start anew");
        }
      }
    }
    return new Arguments(
        new Home(absolute(home.orElseThrow(() -> missing("--home")))),
        command,
        ranks,
        absolute(folder),
        List.copyOf(words));
  }

  private static int ranks(Optional<String> given) {
    String text = given.orElseThrow(() -> missing("--ranks"));
    if (!text.matches("[1-9][0-9]{0,3}")) {
      throw new IllegalArgumentException("--ranks must be 1 to 9999, but is '" + text + "'");
    }
    return Integer.parseInt(text);
  }

  private static IllegalArgumentException missing(String option) {
    return new IllegalArgumentException(option + " is missing");
  }

  private static Optional<String> taken(List<String> words, String option) {
    for (int i = 0; i < words.size(); i++) {
      if (words.get(i).equals(option)) {
        if (i + 1 == words.size()) {
          throw new IllegalArgumentException(option + " needs a value");
        }
        words.remove(i);
        return Optional.of(words.remove(i));
      }
      if (words.get(i).startsWith(option + "=")) {
        return Optional.of(words.remove(i).substring(option.length() + 1));
      }
    }
    return Optional.empty();
  }

  private static String absolute(String path) {
    return Path.of(path).toAbsolutePath().normalize().toString();
  }

  /** What Steelyard is asked for; relative names of files are those of the driver's folder. */
  List<String> asked() {
    List<String> asked = new ArrayList<>();
    asked.add(command.equals("reproduce") ? "reproduce" : "run");
    for (String word : words) {
      boolean isFile = command.equals("train") && word.endsWith(".yaml") && !word.contains("=");
      asked.add(isFile ? absolute(word) : word);
    }
    return asked;
  }
}
