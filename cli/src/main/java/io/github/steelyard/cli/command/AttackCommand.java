package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.AttackRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.run.AdversarialPictures;
import io.github.steelyard.cli.run.Robustness;
import io.github.steelyard.cli.run.RunModel;
import io.github.steelyard.cli.run.RunNetwork;
import io.github.steelyard.robust.Protocol;
import io.github.steelyard.robust.ThreatModel;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "attack",
    description = {
      "Measure how robust the weights of a run are: change test samples a little so that the model"
          + " goes wrong.",
      "Prints clean accuracy, accuracy under each attack and the point-wise worst case, with every"
          + " number of the protocol, and warns where gradients seem masked."
    },
    footer = {
      "",
      "Protocols: standard (FGSM, PGD-20 x 5, APGD-CE, APGD-DLR, APGD-T, CW-Linf, Square, each"
          + " alone), worst-case (the strong ones, each on what is left), quick.",
      "",
      "Example:",
      "  steelyard attack runs/robust-pruning-fashion-mnist --protocol quick"
    })
public final class AttackCommand implements Callable<Integer> {
  @Mixin private Output output;
  @Mixin private PlaceOptions place;

  @Parameters(paramLabel = "RUN", description = "The run's folder.")
  private Path folder;

  @Option(
      names = "--protocol",
      paramLabel = "NAME",
      defaultValue = "standard",
      description = "How to attack: standard, worst-case or quick; ${DEFAULT-VALUE} if not given.")
  private String protocol;

  @Option(
      names = "--attack",
      paramLabel = "NAME",
      description = "Only this attack of the protocol, such as apgd-ce; may be repeated.")
  private List<String> attacks = List.of();

  @Option(
      names = "--epsilon",
      paramLabel = "NUMBER",
      description =
          "The largest change of a grey level, on a scale of 0 to 1; that of the run's adversarial"
              + " training if not given.")
  private Double epsilon;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "0",
      description = "So many test samples, the same share of each class; all if not given.")
  private int samples;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Of the attacks' random numbers; ${DEFAULT-VALUE} if not given.")
  private long seed;

  @Option(names = "--html", paramLabel = "FILE", description = "Also write a report with pictures.")
  private Path html;

  @Option(names = "--last", description = "Attack the last weights, not the best ones.")
  private boolean last;

  @Override
  public Integer call() throws IOException {
    RunModel.requireRun(folder);
    Protocol chosen =
        UsageException.unless(() -> AttackRecipe.part(Protocol.of(protocol), attacks));
    try (RunDirectory run = RunDirectory.open(folder)) {
      double strength = epsilon(RunModel.recipe(run, place.settings()));
      RunNetwork network = RunNetwork.open(run, place.settings(), samples, last);
      ThreatModel threat = Robustness.threat(strength, network.data());
      Robustness measured =
          Robustness.measure(
              network.model(),
              network.test(),
              network.device(),
              chosen,
              threat,
              seed,
              output.err());
      if (html != null) {
        List<Report.Photo> pictures =
            AdversarialPictures.of(network.model(), network.test(), network.device(), threat, seed);
        report(network.recipe(), measured, pictures).write(html);
      }
      print(network.checkpoint(), measured);
      return 0;
    }
  }

  private double epsilon(Recipe recipe) {
    if (epsilon != null) {
      return epsilon;
    }
    return recipe
        .loss()
        .adversarial()
        .orElseThrow(
            () ->
                new UsageException(
                    "the run in "
                        + folder
                        + " was not trained against attacks, so say how strong they are, such as"
                        + " --epsilon 0.0314 (8 of 255 grey levels)"))
        .epsilon();
  }

  private Report report(Recipe recipe, Robustness measured, List<Report.Photo> pictures) {
    return new Report(
            "Robustness of " + recipe.name(),
            measured.protocol() + ". " + String.join(". ", measured.result().warnings()),
            measured.table(),
            List.of(),
            Map.of(),
            recipe.toYaml(),
            Provenance.now(seed, Map.of(), recipe.toMap(), output.arguments()))
        .withPhotos(pictures);
  }

  private void print(Path checkpoint, Robustness measured) {
    if (output.isJson()) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("checkpoint", checkpoint.toString());
      values.putAll(measured.toJson());
      output.printJson(values);
      return;
    }
    output.out().println("checkpoint: " + checkpoint);
    measured.print(output);
    if (html != null) {
      output.out().println("report: " + html);
    }
  }
}
