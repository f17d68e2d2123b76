package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.OutputFile;
import io.github.steelyard.cli.console.PathSuggestion;
import io.github.steelyard.cli.console.Progress;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.data.Image;
import io.github.steelyard.data.ImageFolder;
import io.github.steelyard.data.OnUnreadable;
import io.github.steelyard.predict.Classifier;
import io.github.steelyard.predict.Prediction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Asks a trained network what pictures show. */
@Command(
    name = "predict",
    description = {
      "Ask the network of a run, or of an exported file, what pictures show.",
      "Pictures become inputs as the network was measured; the answers are names of classes with"
          + " probabilities (the softmax of the logits), the most probable first."
    },
    footer = {
      "",
      "Example:",
      "  steelyard predict runs/my-photos new-photos --report answers.html"
    })
public final class PredictCommand implements Callable<Integer> {
  private static final int MOST_NAMED = 20;

  @Mixin private Output output;
  @Mixin private PlaceOptions place;

  @Parameters(
      index = "0",
      paramLabel = "RUN|FILE",
      description = "The run's folder, or a safetensors or packed file of steelyard export.")
  private Path network;

  @Parameters(
      index = "1..*",
      paramLabel = "PICTURE",
      description = "Pictures, or folders of pictures at any depth.")
  private List<Path> pictures = new ArrayList<>();

  @Option(
      names = "--list",
      paramLabel = "FILE",
      description = "A text file that names more pictures, one a line.")
  private Path list;

  @Option(
      names = "--top",
      defaultValue = "5",
      paramLabel = "K",
      description = "How many answers for each picture; ${DEFAULT-VALUE} if not given.")
  private int top;

  @Option(
      names = "--on-unreadable",
      defaultValue = "fail",
      paramLabel = "WHAT",
      description = "fail answers nothing if a picture cannot be read; skip leaves it out.")
  private OnUnreadable onUnreadable;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Also write an HTML page with each picture beside its answers.")
  private Path report;

  @Option(names = "--last", description = "Take the last weights of a run, not the best ones.")
  private boolean last;

  PredictCommand() {}

  @Override
  public Integer call() throws IOException {
    if (top < 1) {
      throw new UsageException("--top must be at least 1, but is " + top);
    }
    OutputFile.require("--report", report);
    List<Path> files = files();
    Classifier classifier =
        new AskedNetwork(network, place.settings(), last, output.err()).classifier();
    Answers answers = ask(classifier, files);
    if (onUnreadable == OnUnreadable.FAIL && !answers.unreadable().isEmpty()) {
      throw new UsageException(
          unreadable(answers.unreadable()) + "; --on-unreadable skip answers about the others");
    }
    if (report != null) {
      PredictionReport.of(network.toString(), answers.pictures(), output.arguments()).write(report);
    }
    if (output.isJson()) {
      output.printJson(json(answers));
    } else {
      print(answers);
    }
    return 0;
  }

  /** What a network said of each picture, and why some could not be read. */
  private record Answers(List<PredictionReport.Answered> pictures, Map<Path, String> unreadable) {}

  private List<Path> files() throws IOException {
    List<Path> named = new ArrayList<>(pictures);
    if (list != null) {
      if (!Files.isRegularFile(list)) {
        throw new UsageException("--list: there is no file " + list);
      }
      Files.readAllLines(list).stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .forEach(line -> named.add(Path.of(line)));
    }
    if (named.isEmpty()) {
      throw new UsageException(
          "name the pictures, or a folder of them: steelyard predict " + network + " PICTURE...");
    }
    List<Path> files = new ArrayList<>();
    for (Path path : named) {
      if (Files.isDirectory(path)) {
        List<Path> below = ImageFolder.filesBelow(path);
        if (below.isEmpty()) {
          throw new UsageException("there is no picture in the folder " + path);
        }
        files.addAll(below);
      } else if (Files.exists(path)) {
        files.add(path);
      } else {
        throw new UsageException(
            "there is no picture "
                + path
                + PathSuggestion.clause(path, Path.of(""), Files::isRegularFile));
      }
    }
    return files;
  }

  private Answers ask(Classifier classifier, List<Path> files) throws IOException {
    List<PredictionReport.Answered> answered = new ArrayList<>();
    Map<Path, String> unreadable = new LinkedHashMap<>();
    try (Progress progress = Progress.start(output.err(), files.size())) {
      progress.task("predicting");
      for (Path file : files) {
        try {
          Image image = Image.read(file);
          List<Prediction> all = classifier.predict(image);
          answered.add(
              new PredictionReport.Answered(
                  file,
                  all.subList(0, Math.min(top, all.size())),
                  report == null ? "" : PredictionReport.thumbnail(image)));
        } catch (IOException e) {
          unreadable.put(file, e.getMessage());
        }
        progress.update(answered.size() + unreadable.size(), file.getFileName().toString());
      }
    }
    if (answered.isEmpty() && onUnreadable == OnUnreadable.SKIP) {
      throw new UsageException(unreadable(unreadable));
    }
    return new Answers(answered, unreadable);
  }

  private static String unreadable(Map<Path, String> unreadable) {
    int count = unreadable.size();
    return count
        + (count == 1 ? " picture cannot be read: " : " pictures cannot be read: ")
        + unreadable.values().stream().limit(MOST_NAMED).collect(Collectors.joining("; "))
        + (count > MOST_NAMED ? "; and " + (count - MOST_NAMED) + " more" : "");
  }

  private Map<String, Object> json(Answers answers) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("network", network.toString());
    values.put(
        "pictures",
        answers.pictures().stream()
            .map(
                picture -> {
                  Map<String, Object> one = new LinkedHashMap<>();
                  one.put("file", picture.file().toString());
                  one.put("answers", picture.answers());
                  return one;
                })
            .toList());
    Map<String, String> unreadable = new LinkedHashMap<>();
    answers.unreadable().forEach((file, why) -> unreadable.put(file.toString(), why));
    values.put("unreadable", unreadable);
    if (report != null) {
      values.put("report", report.toString());
    }
    return values;
  }

  private void print(Answers answers) {
    output.printTable(PredictionReport.table(answers.pictures()));
    if (!answers.unreadable().isEmpty()) {
      output.err().println("left out: " + unreadable(answers.unreadable()));
    }
    if (report != null) {
      output.out().println("report: " + report);
    }
  }
}
