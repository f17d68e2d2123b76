package io.github.steelyard.cli.life;

import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunNetwork;
import io.github.steelyard.cli.section.AttackRecipe;
import io.github.steelyard.cli.section.ExportFormat;
import io.github.steelyard.cli.section.ExportWriting;
import io.github.steelyard.cli.section.Robustness;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.SparsityReport;
import io.github.steelyard.robust.SpectralReport;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.ConfusionMatrix;
import io.github.steelyard.train.Evaluator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;

/**
 * Measures a network after a stage of its life, in the same way after each.
 *
 * @param run the stage's folder
 * @param settings what is changed in its recipe, such as where its data are
 * @param firstClasses how many classes the network learned first; 0 for all
 * @param attack how it is attacked; empty for not at all
 * @param session before whom
 */
record StageMeasurement(
    Run run,
    List<String> settings,
    int firstClasses,
    Optional<AttackRecipe> attack,
    Session session) {
  private static final long SEED = 0;

  /**
   * Measures, and writes the file that the network would be shipped as.
   *
   * @param oscillating what is known of oscillating weights, or null
   * @param seconds tells at the end how long the stage took
   * @throws IOException if files cannot be read or written
   */
  StageRow of(String stage, String kind, Double oscillating, DoubleSupplier seconds)
      throws IOException {
    RunNetwork network = RunNetwork.open(run, settings, false, session.err());
    ExportFormat format =
        network.recipe().has(RecipeSection.Place.QUANTIZE)
            ? ExportFormat.PACKED
            : ExportFormat.SAFETENSORS;
    Path file = run.directory().exports().resolve(format.fileName());
    Files.createDirectories(run.directory().exports());
    ExportWriting.write(format, false, file, network);
    Module model = network.model();
    Device device = network.device();
    double condition = SpectralReport.of(model).largestConditionNumber();
    double sparsity = SparsityReport.of(model).sparsity();
    session.err().println("measuring the network");
    ConfusionMatrix matrix = new ConfusionMatrix();
    double accuracy =
        new Evaluator(network.source().test(), List.of(new Accuracy(), matrix))
            .evaluate(model, device)
            .get("accuracy");
    int classes = matrix.classes();
    int first = firstClasses == 0 ? classes : firstClasses;
    Double robust = robust(network);
    return new StageRow(
        stage,
        kind,
        seconds.getAsDouble(),
        classes,
        accuracy,
        share(matrix, 0, first),
        share(matrix, first, classes),
        robust,
        run.path().relativize(file).toString(),
        Files.size(file),
        sparsity,
        Numbers.finite(condition),
        oscillating,
        null,
        null);
  }

  private Double robust(RunNetwork network) throws IOException {
    if (attack.isEmpty()) {
      return null;
    }
    Robustness measured =
        Robustness.measure(
            network.model(),
            network.source().test(attack.get().samples()),
            network.device(),
            attack.get().chosen(),
            Robustness.threat(attack.get().norm(), attack.get().epsilon(), network.domain()),
            SEED,
            session.err(),
            session.stop()::heed);
    measured.warn(session.err());
    return measured.result().worstCase();
  }

  /** The share of right answers to samples of some classes. */
  private static Double share(ConfusionMatrix matrix, int begin, int end) {
    long right = IntStream.range(begin, end).mapToLong(c -> matrix.count(c, c)).sum();
    long all =
        IntStream.range(begin, end)
            .mapToLong(
                c -> IntStream.range(0, matrix.classes()).mapToLong(d -> matrix.count(c, d)).sum())
            .sum();
    return all == 0 ? null : (Double) ((double) right / all);
  }
}
