package io.github.steelyard.bench.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.Main;
import io.github.steelyard.cli.console.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Damages one file in the folder of a finished run and has a command read the folder. It refuses
 * with a sentence, or answers the same as without the damage, or says that it noticed something.
 */
final class DamagedRuns implements Part {
  private static final String RECIPE =
      """
      model: {name: mlp, hidden: [8]}
      data: {name: fashion-mnist, batch_size: 25, train_samples: 100, test_samples: 50, augment: []}
      optimizer: {name: adamw, lr: 0.01}
      export: {formats: [safetensors]}
      train: {epochs: 2, log_every: 1, checkpoint_every_steps: 2}
      """;

  private final Path folder;
  private final long seed;
  private final Path recipe;
  private final Path whole;
  private final List<Path> files;
  private final List<String> names = List.of("evaluate", "run --resume", "export", "attack");
  private final List<JsonNode> answers = new ArrayList<>();

  /** What a command answered. */
  private record Answer(int code, String out, String err) {}

  DamagedRuns(Path folder, long seed) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.seed = seed;
    recipe = Files.writeString(folder.resolve("small.yaml"), RECIPE);
    whole = folder.resolve("whole");
    Folders.delete(whole);
    Answer made = ask("run", recipe.toString(), "--folder", whole.toString());
    if (made.code != 0) {
      throw new IOException(made.err);
    }
    try (Stream<Path> all = Files.walk(whole)) {
      files =
          all.filter(Files::isRegularFile)
              .filter(file -> !file.endsWith(".lock") && !file.endsWith("report.html"))
              .map(whole::relativize)
              .sorted()
              .toList();
    }
    Path copy = folder.resolve("run");
    for (int i = 0; i < names.size(); i++) {
      Folders.delete(copy);
      Folders.copy(whole, copy);
      Answer answer = ask(command(i, copy));
      answers.add(said(answer));
      if (answer.code != 0) {
        throw new IOException(answer.err);
      }
    }
  }

  private String[] command(int which, Path run) {
    String target = run.toString();
    return switch (which) {
      case 0 -> new String[] {"evaluate", target, "--json"};
      case 1 -> new String[] {"run", recipe.toString(), "--folder", target, "--resume", "--json"};
      case 2 ->
          new String[] {
            "export", target, "--format", "safetensors", "--output", target + "/out", "--json"
          };
      default ->
          new String[] {
            "attack", target, "--epsilon", "0.05", "--attack", "fgsm", "--samples", "10", "--json"
          };
    };
  }

  private static Answer ask(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Answer(code, out.toString(), err.toString());
  }

  private static JsonNode said(Answer answer) throws IOException {
    return FolderComparison.timeless(Json.MAPPER.readTree(answer.out));
  }

  @Override
  public Verdict judge(long number) throws IOException {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
    int which = (int) (number % names.size());
    Path copy = folder.resolve("run");
    Folders.delete(copy);
    Folders.copy(whole, copy);
    Path damaged = copy.resolve(files.get(random.nextInt(files.size())).toString());
    Files.write(damaged, Damage.of(List.of(Files.readAllBytes(damaged)), random));
    String kind = "steelyard " + names.get(which) + " of a damaged run";
    String file = copy.relativize(damaged).toString();
    Answer answer;
    try {
      answer = ask(command(which, copy));
    } catch (RuntimeException | Error e) {
      return Verdict.failed(kind, 1, file + ": " + e);
    }
    if (answer.err.contains("may be a bug") || answer.err.contains("\tat ")) {
      return Verdict.failed(kind, 1, file + " is called a bug: " + last(answer.err));
    }
    if (answer.code != 0) {
      return Verdict.refused(kind);
    }
    boolean same = said(answer).equals(answers.get(which));
    boolean noticed = answer.err.contains("warning") || answer.err.contains(file);
    if (same && which == 2) {
      same = new FolderComparison(whole.resolve("exports")).sameTensors(copy.resolve("out"));
    }
    return same || noticed
        ? Verdict.survived(kind, 1)
        : Verdict.failed(kind, 1, file + " was changed, and the answer with it, unnoticed");
  }

  private static String last(String text) {
    String[] lines = text.strip().split("\\R", -1);
    return String.join(" / ", List.of(lines).subList(Math.max(0, lines.length - 2), lines.length));
  }
}
