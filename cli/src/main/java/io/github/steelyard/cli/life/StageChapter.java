package io.github.steelyard.cli.life;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.incremental.IncrementalRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection.Place;
import io.github.steelyard.cli.report.Chapter;
import io.github.steelyard.cli.report.Figure;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.Plot;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.report.Series;
import io.github.steelyard.cli.results.LoggedWeights;
import io.github.steelyard.cli.results.RunHistory;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunNetwork;
import io.github.steelyard.cli.run.TrainingPlots;
import io.github.steelyard.cli.section.AdversarialPictures;
import io.github.steelyard.cli.section.PenaltiesRecipe;
import io.github.steelyard.cli.section.PruningPlots;
import io.github.steelyard.cli.section.PruningRecipe;
import io.github.steelyard.cli.section.QuantizationPlots;
import io.github.steelyard.cli.section.QuantizationRecipe;
import io.github.steelyard.cli.section.Robustness;
import io.github.steelyard.quant.QuantizedWeight;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a report tells of one stage of a life.
 *
 * @param life the whole life
 * @param stage the stage
 * @param before the measures of the network that it began with; null if there was none
 * @param err where progress goes
 */
record StageChapter(LifeRecipe life, LivedStage stage, StageRow before, PrintWriter err) {
  private static final int MOST_PHOTOS = 4;

  /**
   * Makes the chapter from what the stage left in its folder.
   *
   * @throws IOException if a file cannot be read
   */
  Chapter chapter() throws IOException {
    return switch (stage.stage().kind()) {
      case TRAIN -> train();
      case PRUNE -> prune();
      case QUANTIZE -> quantize();
      case EXTEND -> extend();
      case EXPLAIN -> explain();
      case EXPORT -> export();
    };
  }

  private StageRow row() {
    return stage.row();
  }

  private Recipe recipe() {
    return stage.stage().recipe().orElseThrow();
  }

  private String title(String words) {
    return stage.stage().number() + ". " + words;
  }

  private Chapter train() throws IOException {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "The network learned to tell %d kinds of images apart, beginning with random weights; it"
                + " answers %s of the test images rightly.",
            row().classes(),
            LifeTable.percent(row().accuracy())));
    if (recipe().optimizer().name().matches("adamp|sgdp")) {
      text.append(
          " The optimizer leaves out the part of each step that would only make weights longer,"
              + " which changes nothing but shrinks every later step.");
    }
    if (recipe().has(Place.COMPAND)) {
      text.append(
          " Each weight is a bounded function of what is trained, so that no single weight can grow"
              + " large and the network has to spread what it knows.");
    }
    try (Run run = Run.open(stage.folder())) {
      RunHistory history = RunHistory.read(run.directory().metrics());
      List<Figure> figures =
          new ArrayList<>(
              TrainingPlots.accuracy(recipe().data().measuredOn(), history).subList(1, 2));
      figures.addAll(LoggedWeights.of(history).histograms().stream().limit(1).toList());
      return new Chapter(title("Train"), text.toString(), figures);
    }
  }

  private Chapter prune() throws IOException {
    boolean isRobust = recipe().loss().adversarial().isPresent();
    String text =
        PruningWords.training(
                isRobust,
                recipe()
                    .section(PenaltiesRecipe.class)
                    .map(own -> own.penalties().keySet())
                    .orElse(Set.of()))
            + PruningWords.outcome(row(), before);
    try (Run run = Run.open(stage.folder())) {
      RunNetwork network = RunNetwork.open(run, where(), false, err);
      List<Figure> figures =
          new ArrayList<>(
              LifePlots.explained(
                  PruningPlots.beforeAndAfter(network.model(), run.directory(), 1)));
      Chapter chapter =
          new Chapter(title(isRobust ? "Make robust and sparse" : "Make sparse"), text, figures);
      return recipe().section(PruningRecipe.class).flatMap(PruningRecipe::zeros).isEmpty()
          ? chapter
          : chapter.withPhotos(photos(network));
    }
  }

  private List<Report.Photo> photos(RunNetwork network) throws IOException {
    if (life.attack().isEmpty()) {
      return List.of();
    }
    return AdversarialPictures.of(
            network.model(),
            network.source().test(),
            network.device(),
            Robustness.threat(
                life.attack().get().norm(), life.attack().get().epsilon(), network.domain()),
            0)
        .stream()
        .limit(MOST_PHOTOS)
        .toList();
  }

  private List<String> where() {
    return life.stages().get(0).recipe().orElseThrow().where();
  }

  private Chapter quantize() throws IOException {
    QuantizationRecipe own = recipe().section(QuantizationRecipe.class).orElseThrow();
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "Weights may now take only %d values each, and activations %d, so that the file shrinks"
                + " to %s%s.",
            1 << Math.min(30, own.configuration().bits().weights()),
            1L << Math.min(32, own.configuration().bits().activations()),
            Numbers.bytes(row().bytes()),
            before == null ? "" : " from " + Numbers.bytes(before.bytes())));
    text.append(
        " A weight that stands near the border between two values jumps back and forth and disturbs"
            + " the rest");
    text.append(
        own.annealing().isPresent()
            ? "; in the last epochs such weights are let go one by one until they rest."
            : ".");
    try (Run run = Run.open(stage.folder())) {
      RunNetwork network = RunNetwork.open(run, where(), false, err);
      RunHistory history = RunHistory.read(run.directory().metrics());
      List<Figure> figures = new ArrayList<>();
      figures.add(
          new Plot(
              "Oscillating weights",
              "The share of all quantized weights that jump back and forth at that step. The lower"
                  + " at the end, the surer are the values that go into the file.",
              "step",
              "share in %",
              Plot.Kind.LINE,
              false,
              List.of(
                  new Series(
                      "all weights",
                      0,
                      false,
                      TrainingPlots.percent(
                          history.points("oscillation", "step", line -> line.get("share")))))));
      figures.addAll(
          QuantizationPlots.levels(QuantizedWeight.of(network.model())).stream().limit(1).toList());
      return new Chapter(title("Give few bits"), text.toString(), figures);
    }
  }

  private Chapter extend() throws IOException {
    List<String> classes = recipe().section(IncrementalRecipe.class).orElseThrow().order().names();
    int known = before.classes();
    String text =
        String.format(
            Locale.ROOT,
            "The network learned %s as well, from their images and a few kept ones of the old"
                + " classes. It now answers %s of the old and %s of the new classes' images rightly,"
                + " with %d classes to choose from.",
            classes.subList(known, classes.size()).stream().collect(Collectors.joining(", ")),
            LifeTable.percent(row().oldAccuracy()),
            LifeTable.percent(row().newAccuracy()),
            row().classes());
    try (Run run = Run.open(stage.folder())) {
      List<JsonNode> steps = RunHistory.read(run.directory().metrics()).events("increment");
      JsonNode last = steps.get(steps.size() - 1);
      return new Chapter(
          title("Teach new classes"),
          text,
          List.of(
              LifePlots.norms(classes, known, last), LifePlots.recalls(run.directory(), classes)));
    }
  }

  private Chapter explain() {
    String text =
        String.format(
            Locale.ROOT,
            "Each layer is described by the directions that matter for the layers after it, and each"
                + " line says how strongly one direction acts on another. Modules are groups that"
                + " act on each other more than on the rest: %s.",
            stage.shown().rows().get(0).get(1));
    Chapter chapter = new Chapter(title("Look inside"), text, stage.shown().figures());
    return stage.shown().graph().map(chapter::withGraph).orElse(chapter);
  }

  private Chapter export() {
    String text =
        "The network was written for other programs, with where it comes from inside the file: "
            + stage.stage().formats().stream()
                .map(StageChapter::format)
                .collect(Collectors.joining("; "))
            + ".";
    return new Chapter(
        title("Export"), text, List.of(LifePlots.fileSizes(stage.results().path("export"))));
  }

  private static String format(String name) {
    return switch (name) {
      case "packed" ->
          "packed holds the integers at their own bit width, which steelyard evaluate"
              + " and a few lines of Python read";
      case "onnx" -> "onnx runs in ONNX Runtime and others";
      default -> "safetensors holds plain weights under the names that timm and PyTorch use";
    };
  }
}
