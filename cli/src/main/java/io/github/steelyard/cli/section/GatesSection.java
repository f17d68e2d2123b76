package io.github.steelyard.cli.section;

import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.cli.recipe.TrainingSetup;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.cli.results.Results;
import io.github.steelyard.cli.run.Materialized;
import io.github.steelyard.data.BatchStream;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.AddGates;
import io.github.steelyard.robust.GateReport;
import io.github.steelyard.robust.GateTraining;
import io.github.steelyard.robust.GatesConfiguration;
import io.github.steelyard.robust.RemoveClosedChannels;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Callback;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The section {@code gates}: gates open and close channels while the network is trained. Afterwards
 * the network is counted, and written without its closed channels.
 */
public final class GatesSection implements RecipeSection<GatesConfiguration> {
  private static final String KEY = "gates";
  private static final String COMPACT = "compact";

  /** Enough for a forward pass; the costs are those of one. */
  private static final int SAMPLES = 64;

  /** Called by {@link java.util.ServiceLoader}. */
  public GatesSection() {}

  @Override
  public String key() {
    return KEY;
  }

  @Override
  public Place place() {
    return Place.ADD;
  }

  /** Where inputs are named, channels get gates only if layers are named too. */
  @Override
  public GatesConfiguration read(Mapping section) {
    GatesConfiguration all = GatesConfiguration.defaults();
    return section.read(
        GatesConfiguration.class,
        section.has("inputs") && !section.has("layers")
            ? GatesConfiguration.ofInputs(List.of("*"))
            : all);
  }

  @Override
  public void check(GatesConfiguration configuration, Recipe recipe, Mapping section) {
    if (recipe.section(PruningRecipe.class).flatMap(PruningRecipe::filters).isPresent()) {
      throw section.error(
          "",
          "cannot stand beside pruning.filters: both take channels away, gates by what is learned;"
              + " leave one of them out");
    }
    if (recipe.section(PruningRecipe.class).flatMap(PruningRecipe::scores).isPresent()) {
      throw section.error(
          "",
          "cannot stand beside pruning by scores, which freezes the gates: train with gates first,"
              + " then prune by scores a network that starts from that run (from: runs/NAME)");
    }
    if (recipe.sections().stream().anyMatch(own -> own.key().equals("incremental"))) {
      throw section.error(
          "", "cannot stand beside incremental: gates are trained once, on all classes");
    }
  }

  @Override
  public ModelTransform transform(GatesConfiguration configuration) {
    return new AddGates(configuration);
  }

  @Override
  public Map<String, Callback> callbacks(GatesConfiguration configuration, TrainingSetup setup) {
    return Map.of(KEY, new GateTraining());
  }

  /** Gates close little by little, so that the best weights may be from before. */
  @Override
  public boolean takesLast(GatesConfiguration configuration, Recipe recipe) {
    return !recipe.has(Place.QUANTIZE);
  }

  @Override
  public ReportPart followUp(GatesConfiguration configuration, TrainedNetwork network)
      throws IOException {
    return Scope.compute(() -> followedUp(network));
  }

  private static ReportPart followedUp(TrainedNetwork network) throws IOException {
    Tensor sample = sample(network);
    Tensor onDevice = sample.to(network.device().torch(), ScalarType.Float);
    GateReport report = GateReport.of(network.model(), onDevice);
    Results results = network.results(KEY);
    boolean isCompact = results.has(COMPACT) && Files.exists(compact(network));
    // A weight of few bits cannot lose channels.
    boolean canLose = !network.recipe().has(Place.QUANTIZE);
    if (!results.has("flops") || (canLose && !isCompact)) {
      Map<String, Object> values = new LinkedHashMap<>(counted(report));
      if (canLose) {
        values.put(COMPACT, compacted(network, sample));
      }
      results.saveAll(values);
    }
    return shown(report, network);
  }

  /** Some samples for a forward pass, in the processor's memory. */
  static Tensor sample(TrainedNetwork network) throws IOException {
    try (BatchStream stream = network.data(0).epoch(0, 0)) {
      Tensor inputs = stream.next().inputs();
      return inputs.narrow(0, 0, Math.min(SAMPLES, inputs.size(0))).to(ScalarType.Float);
    }
  }

  private static Path compact(TrainedNetwork network) {
    return network.folder().exports().resolve("compact.safetensors");
  }

  private static Map<String, Object> counted(GateReport report) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("weights", report.weights());
    values.put("expected_weights", report.expectedWeights());
    values.put("flops", report.flops());
    values.put("expected_flops", report.expectedFlops());
    Map<String, Object> layers = new LinkedHashMap<>();
    for (GateReport.Layer layer : report.layers()) {
      layers.put(
          layer.path(),
          Map.of(
              "gates", layer.units(), "open", layer.open(), "expected_open", layer.expectedOpen()));
    }
    values.put("layers", layers);
    return values;
  }

  /** Writes the network without its closed channels, and compares it with the whole one. */
  private static Map<String, Object> compacted(TrainedNetwork network, Tensor sample)
      throws IOException {
    Module model = network.copy();
    Tensor before = logits(model, sample);
    List<RemoveClosedChannels.Removed> removed = new RemoveClosedChannels(sample).remove(model);
    removed.forEach(layer -> network.err().println(layer.describe()));
    Materialized.allButQuantizers(model);
    Tensor after = logits(model, sample);
    double difference =
        Scope.computeWithoutGradient(() -> before.sub(after).abs().max().item_double());
    Files.createDirectories(network.folder().exports());
    ModelFile.save(compact(network), model, network.provenance());
    Map<String, Object> channels = new LinkedHashMap<>();
    removed.forEach(
        layer -> channels.put(layer.path(), Map.of("of", layer.channels(), "stay", layer.kept())));
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("bytes", Files.size(compact(network)));
    values.put("flops", GateReport.of(model, sample).flops());
    values.put("largest_difference_of_logits", difference);
    values.put("channels", channels);
    return values;
  }

  private static Tensor logits(Module model, Tensor sample) {
    return EvaluationMode.compute(
        model, () -> Scope.computeWithoutGradient(() -> model.forward(sample)));
  }

  private static ReportPart shown(GateReport report, TrainedNetwork network) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "weights that gates are expected to leave",
            share(report.expectedWeights(), (double) report.weights())));
    rows.add(
        List.of(
            "operations that gates are expected to leave",
            share(report.expectedFlops(), report.flops())));
    if (Files.exists(compact(network))) {
      rows.add(
          List.of("file without closed channels", Numbers.bytes(Files.size(compact(network)))));
    }
    List<List<String>> layers = new ArrayList<>();
    for (GateReport.Layer layer : report.layers()) {
      layers.add(
          List.of(
              layer.path(),
              String.valueOf(layer.units()),
              String.valueOf(layer.open()),
              String.format(Locale.ROOT, "%.1f", layer.expectedOpen()),
              Numbers.percent(layer.expectedOpen() / layer.units())));
    }
    Table table =
        new Table(
            List.of("Layer", "Gates", "Open", "Expected open", "Probability of an open gate"),
            layers);
    return new ReportPart(
        rows, Map.of("Gates", table), List.of(), Map.of(), List.of(), Optional.empty());
  }

  private static String share(double left, double all) {
    return String.format(Locale.ROOT, "%,.0f of %,.0f, %s", left, all, Numbers.percent(left / all));
  }
}
