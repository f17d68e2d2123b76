package io.github.steelyard.cli.section;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.recipe.Mapping;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.cli.report.ReportPart;
import io.github.steelyard.cli.report.Table;
import io.github.steelyard.cli.results.Results;
import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.PackedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The section {@code export}: the files that the trained network is written to. A packed file is
 * read back and measured; one that does not compute what the trained network does ends the run.
 */
public final class ExportSection implements RecipeSection<ExportRecipe> {
  private static final String KEY = "export";
  private static final String READ_BACK = "read_back";
  private static final String OPTIONS = "options";

  /** Evaluation of the same numbers in the same order: only a device may round differently. */
  private static final double LOSS_TOLERANCE = 1e-5;

  /** Called by {@link java.util.ServiceLoader}. */
  public ExportSection() {}

  @Override
  public String key() {
    return KEY;
  }

  @Override
  public Place place() {
    return Place.AFTER;
  }

  @Override
  public ExportRecipe read(Mapping section) {
    return ExportRecipe.read(section);
  }

  @Override
  public Object write(ExportRecipe configuration) {
    return configuration.written();
  }

  @Override
  public void check(ExportRecipe configuration, Recipe recipe, Mapping section) {
    for (ExportFormat format : configuration.formats()) {
      ExportRecipe.misfit(format, recipe.has(Place.QUANTIZE))
          .ifPresent(
              why -> {
                throw section.error("formats", why);
              });
    }
  }

  @Override
  public ReportPart followUp(ExportRecipe configuration, TrainedNetwork network)
      throws IOException {
    Results results = network.results(KEY);
    JsonNode options = Mapping.MAPPER.valueToTree(configuration.options());
    for (ExportFormat format : configuration.formats()) {
      Path file = network.folder().exports().resolve(format.fileName());
      JsonNode before = results.get(Output.word(format));
      boolean withPreprocessing = configuration.withPreprocessing(format);
      if (Files.isRegularFile(file)
          && Files.size(file) == before.path("bytes").asLong()
          && before.path(ExportedFile.PREPROCESSING).asBoolean() == withPreprocessing
          && (format != ExportFormat.ONNX || before.path(OPTIONS).equals(options))) {
        continue;
      }
      network.err().println("writing " + file);
      Files.createDirectories(network.folder().exports());
      ExportedFile written =
          ExportWriting.write(format, withPreprocessing, configuration.options(), file, network);
      Map<String, Object> values = new LinkedHashMap<>(written.toJson());
      if (format == ExportFormat.PACKED) {
        values.put(READ_BACK, readBack(file, network));
      }
      if (format == ExportFormat.ONNX) {
        values.put(OPTIONS, configuration.options());
      }
      results.save(Output.word(format), values);
    }
    return shown(configuration, network);
  }

  private static Map<String, Double> readBack(Path file, TrainedNetwork network)
      throws IOException {
    network.err().println("measuring " + file);
    Module reloaded = PackedModel.load(file);
    reloaded.to(network.device());
    Map<String, Double> measured = network.evaluate(reloaded);
    double expected = network.evaluate(network.model()).get("loss");
    double found = measured.get("loss");
    if (!(Math.abs(found - expected) <= LOSS_TOLERANCE * Math.abs(expected))) {
      throw new IOException(
          file
              + " does not compute what the trained model does: its loss is "
              + found
              + ", not "
              + expected);
    }
    return measured;
  }

  private static ReportPart shown(ExportRecipe configuration, TrainedNetwork network)
      throws IOException {
    Results results = network.results(KEY);
    List<List<String>> rows = new ArrayList<>();
    Map<String, Table> tables = new LinkedHashMap<>();
    for (ExportFormat format : configuration.formats()) {
      JsonNode left = results.get(Output.word(format));
      ExportedFile file =
          ExportedFile.of(format, network.folder().exports().resolve(format.fileName()), left);
      String name = Output.word(format) + " file";
      rows.add(
          List.of(
              name,
              Numbers.bytes(file.bytes())
                  + ", "
                  + Numbers.brief(file.ratio())
                  + " times smaller than float32"));
      if (left.path(READ_BACK).has("accuracy")) {
        rows.add(
            List.of(
                name + ", read back: accuracy",
                Numbers.percent(left.path(READ_BACK).path("accuracy").asDouble())));
      }
      tables.put(file.file().toString(), file.table());
    }
    return ReportPart.ofRows(rows).and(ReportPart.ofTables(tables));
  }
}
