package io.github.steelyard.cli.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.OutputFile;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.report.Report;
import io.github.steelyard.cli.run.Run;
import io.github.steelyard.cli.run.RunNetwork;
import io.github.steelyard.cli.section.AdversarialPictures;
import io.github.steelyard.cli.section.Robustness;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.robust.Norm;
import io.github.steelyard.robust.Protocol;
import io.github.steelyard.robust.ThreatModel;
import io.github.steelyard.runtime.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Measures how many samples a network gets right under attack, with or without a run. */
@Command(
    name = "attack",
    description = {
      "Measure how robust a network is: change test samples a little so that it goes wrong. The"
          + " network is that of a run, or a model by name with --weights and --dataset.",
      "Prints clean accuracy, accuracy under each attack and the point-wise worst case, with every"
          + " number of the protocol, and warns where the numbers may be too good."
    },
    footer = {
      "",
      "Protocols: standard (AutoAttack's: APGD-CE, APGD-T, FAB-T, Square, each on what is left),"
          + " plus and rand (AutoAttack's with more attacks, and for networks that draw random"
          + " numbers), individual (FGSM, PGD-20 x 5, APGD-CE, APGD-DLR, APGD-T, CW, FAB-T, Square,"
          + " each alone), worst-case (APGD-CE, APGD-T, Square), quick.",
      "",
      "Example:",
      "  steelyard attack runs/robust-pruning-fashion-mnist --protocol quick"
    })
public final class AttackCommand implements Callable<Integer> {
  @Mixin private Output output;
  @Mixin private PlaceOptions place;

  @Parameters(
      paramLabel = "RUN|MODEL",
      description = "The run's folder; or the name of a model, with --weights and --dataset.")
  private Path subject;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description =
          "A safetensors file with the weights of the model that is named: of any program,"
              + " compact or packed.")
  private Path weights;

  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      description = "The data set whose test samples are attacked, where a model is named.")
  private String dataset;

  @Option(
      names = "--protocol",
      paramLabel = "NAME",
      defaultValue = "standard",
      description =
          "How to attack: standard, plus, rand, individual, worst-case or quick;"
              + " ${DEFAULT-VALUE} if not given.")
  private String protocol;

  @Option(
      names = "--attack",
      paramLabel = "NAME",
      description =
          "Only this attack, such as apgd-ce: of the protocol or, if it is not there, with its"
              + " usual numbers; may be repeated.")
  private List<String> attacks = List.of();

  @Option(
      names = "--norm",
      paramLabel = "NORM",
      defaultValue = "linf",
      description = "How a change is measured: linf or l2; ${DEFAULT-VALUE} if not given.")
  private String norm;

  @Option(
      names = "--epsilon",
      paramLabel = "NUMBER",
      description =
          "The largest change, of grey levels on a scale of 0 to 1, such as 0.1 or 8/255; that of"
              + " the run's adversarial training if not given.")
  private String epsilon;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "So many test samples, the same share of each class, or 0 for all; all if not given.")
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

  AttackCommand() {}

  @Override
  public Integer call() throws IOException {
    OutputFile.require("--html", html);
    return JoinedRanks.run(output, this::attack);
  }

  private int attack() throws IOException {
    Protocol chosen = UsageException.unless(() -> Protocol.of(protocol).only(attacks));
    if (weights != null || dataset != null) {
      attack(chosen, named());
      return 0;
    }
    if (!Files.exists(subject)
        && Models.all().stream().anyMatch(m -> m.name().equals(subject.toString()))) {
      throw new UsageException(
          "the model "
              + subject
              + " needs weights and data: --weights FILE.safetensors --dataset NAME, such as"
              + " --dataset fashion-mnist");
    }
    try (Run run = Run.open(subject)) {
      epsilon(run.kind().network(run, place.settings()));
      attack(chosen, RunNetwork.open(run, place.settings(), last, output.err()));
    }
    return 0;
  }

  private RunNetwork named() throws IOException {
    if (weights == null || dataset == null || last) {
      throw new UsageException(
          "a model by name needs both --weights FILE.safetensors and --dataset NAME"
              + (last ? ", and has no --last weights" : ""));
    }
    Map<String, Object> values = new LinkedHashMap<>(described());
    values.put("name", subject.toString());
    // A recipe must have an optimizer; nothing is trained here.
    values.put("optimizer", Map.of("name", "sgd", "lr", 0));
    Recipe recipe = Recipe.of("the command line", values, place.settings());
    epsilon(recipe);
    return RunNetwork.of(recipe, output.err());
  }

  /** What a model by name is, as recipes write it; options and pictures are as its file says. */
  private Map<String, Object> described() throws IOException {
    Map<String, Object> model = new LinkedHashMap<>(Map.of("name", subject.toString()));
    Map<String, Object> data = new LinkedHashMap<>(Map.of("name", dataset));
    try (SafeTensorsFile file = SafeTensors.open(weights)) {
      String origin = file.metadata().get(PackedModel.ORIGIN);
      if (origin != null) {
        JsonNode made = Json.MAPPER.readTree(origin);
        requireNamed(made.path("name").asText());
        made.path("options")
            .properties()
            .forEach(option -> model.put(Mapping.snakeCase(option.getKey()), option.getValue()));
      }
      String input = file.metadata().get(PictureInput.KEY);
      if (input != null && !UsageException.unless(() -> Datasets.get(dataset)).isComputed()) {
        data.put("input", Json.MAPPER.readValue(input, Map.class));
      }
    } catch (JsonProcessingException e) {
      throw new FileFormatException(weights, "what it says of itself is damaged", e);
    }
    model.put("weights", weights.toString());
    return new LinkedHashMap<>(Map.of("model", model, "data", data));
  }

  private void requireNamed(String name) {
    if (!name.equals(subject.toString())) {
      throw new UsageException(
          weights + " holds a network " + name + ", not " + subject + "; attack " + name);
    }
  }

  private void attack(Protocol chosen, RunNetwork network) throws IOException {
    Norm measure = UsageException.unless(() -> Norm.parse(norm));
    ThreatModel threat = Robustness.threat(measure, epsilon(network.recipe()), network.domain());
    DataLoader test = network.source().test(samples);
    Robustness measured =
        Robustness.measure(
            network.model(),
            test,
            network.device(),
            chosen,
            threat,
            seed,
            network.err(),
            network::heedStop);
    if (html != null) {
      List<Report.Photo> pictures =
          AdversarialPictures.of(network.model(), test, network.device(), threat, seed);
      report(network.recipe(), measured, pictures).write(html);
    }
    print(network.checkpoint(), measured);
  }

  private double epsilon(Recipe recipe) {
    if (epsilon != null) {
      return UsageException.unless(() -> ThreatModel.parseEpsilon(epsilon));
    }
    if (!Norm.LINF.key().equalsIgnoreCase(norm)) {
      throw new UsageException(
          "say how strong attacks of the norm " + norm + " are, such as --epsilon 0.5");
    }
    return recipe
        .loss()
        .adversarial()
        .orElseThrow(
            () ->
                new UsageException(
                    subject
                        + " was not trained against attacks, so say how strong they are, such as"
                        + " --epsilon 8/255"))
        .epsilon();
  }

  private Report report(Recipe recipe, Robustness measured, List<Report.Photo> pictures)
      throws IOException {
    return new Report(
            "Robustness of " + recipe.name(),
            measured.protocol() + ". " + String.join(". ", measured.result().warnings()),
            measured.table(),
            List.of(),
            Map.of(),
            weights == null ? recipe.toYaml() : described().toString(),
            Provenance.now(
                seed, Map.of(), weights == null ? recipe.toMap() : described(), output.arguments()))
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
