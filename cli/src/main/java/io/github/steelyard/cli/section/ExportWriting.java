package io.github.steelyard.cli.section;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.ModelRecipe;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection.Place;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.cli.run.Materialized;
import io.github.steelyard.cli.run.RecipeModel;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.onnx.OnnxExport;
import io.github.steelyard.io.onnx.OnnxFile;
import io.github.steelyard.io.onnx.OnnxOptions;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.predict.Classifier;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.quant.PackedSize;
import io.github.steelyard.runtime.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes networks to files for other programs. */
public final class ExportWriting {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private ExportWriting() {}

  /**
   * Writes the network of a run, whole or not at all.
   *
   * @param format what is written
   * @param withPreprocessing whether it is to take decoded pictures of any size
   * @param file where
   * @param network whose weights are written
   * @return the file
   * @throws UsageException if the format does not suit the network, or pictures cannot be its input
   * @throws IOException if the file cannot be written
   */
  public static ExportedFile write(
      ExportFormat format, boolean withPreprocessing, Path file, TrainedNetwork network)
      throws IOException {
    return write(format, withPreprocessing, OnnxOptions.defaults(), file, network);
  }

  /**
   * Writes the network of a run with chosen options, whole or not at all.
   *
   * @param format what is written
   * @param withPreprocessing whether it is to take decoded pictures of any size
   * @param options what an ONNX graph may use
   * @param file where
   * @param network whose weights are written
   * @return the file
   * @throws UsageException if the format does not suit the network, or pictures cannot be its input
   * @throws IOException if the file cannot be written
   */
  public static ExportedFile write(
      ExportFormat format,
      boolean withPreprocessing,
      OnnxOptions options,
      Path file,
      TrainedNetwork network)
      throws IOException {
    Recipe recipe = network.recipe();
    Provenance made = network.provenance();
    Map<String, String> told = new LinkedHashMap<>();
    Optional<PictureInput> input = network.input();
    Optional<PictureInput> inside =
        withPreprocessing ? Optional.of(inside(format, input, recipe)) : Optional.empty();
    told.put(Classifier.CLASS_NAMES, JSON.writeValueAsString(network.classNames()));
    if (input.isPresent()) {
      told.put(PictureInput.KEY, JSON.writeValueAsString(input.get().toJson()));
    }
    return switch (format) {
      case PACKED -> packed(file, network.copy(), recipe, made, told);
      case ONNX -> onnx(file, network.copy(), recipe, inside, options, made, told);
      case SAFETENSORS -> safetensors(file, network.copy(), recipe, made, told);
    };
  }

  /** How pictures become inputs in the graph, if they can. */
  private static PictureInput inside(
      ExportFormat format, Optional<PictureInput> input, Recipe recipe) {
    if (format != ExportFormat.ONNX) {
      throw new UsageException(
          "preprocessing can be part of an ONNX graph only: "
              + Output.word(format)
              + " files hold weights, and say in their metadata how pictures become inputs; choose"
              + " --format onnx, or leave --with-preprocessing out");
    }
    if (input.isEmpty()) {
      throw new UsageException(
          "the network's data, "
              + recipe.data().name()
              + ", is no pictures, so there is no preprocessing to put inside; leave"
              + " --with-preprocessing out");
    }
    long[] taken = inputShape(recipe);
    int channels = input.get().normalization().mean().size();
    long[] given = {channels, input.get().height(), input.get().width()};
    if (!Arrays.equals(taken, given) || (channels != 1 && channels != 3)) {
      throw new UsageException(
          "pictures become inputs of 1 channel (grey) or 3 (red, green, blue), here %s, but the network takes %s; leave --with-preprocessing out"
              .formatted(Arrays.toString(given), Arrays.toString(taken)));
    }
    return input.get();
  }

  private static ExportedFile packed(
      Path file, Module model, Recipe recipe, Provenance provenance, Map<String, String> told)
      throws IOException {
    requireFitting(ExportFormat.PACKED, recipe);
    Materialized.allButQuantizers(model);
    PackedSize size =
        PackedModel.save(
            file,
            model,
            recipe.section(QuantizationRecipe.class).orElseThrow().configuration(),
            Optional.of(new PackedModel.Origin(recipe.model().name(), recipe.model().options())),
            provenance,
            told);
    Map<String, Long> parts = new LinkedHashMap<>();
    parts.put("integers of weights", size.integers());
    parts.put("scales of weights", size.weightScales());
    parts.put("scales and shifts of activations", size.activationQuantizers());
    parts.put("biases, norms, embeddings (float32)", size.others());
    parts.put(
        "names and configuration",
        size.file()
            - size.integers()
            - size.weightScales()
            - size.activationQuantizers()
            - size.others());
    return new ExportedFile(
        ExportFormat.PACKED,
        false,
        file,
        size.file(),
        floatBytes(recipe),
        parts,
        "none: weights are stored as integers and turned into float32 at each forward pass;"
            + " activations are rounded to their levels in float32",
        Optional.empty());
  }

  private static void requireFitting(ExportFormat format, Recipe recipe) {
    ExportRecipe.misfit(format, recipe.has(Place.QUANTIZE))
        .ifPresent(
            why -> {
              throw new UsageException(why);
            });
  }

  private static ExportedFile safetensors(
      Path file, Module model, Recipe recipe, Provenance provenance, Map<String, String> told)
      throws IOException {
    requireFitting(ExportFormat.SAFETENSORS, recipe);
    Materialized.allButQuantizers(model);
    ModelRecipe made = recipe.model();
    told.put(
        PackedModel.ORIGIN,
        JSON.writeValueAsString(Map.of("name", made.name(), "options", made.options().chosen())));
    ModelFile.save(file, model, provenance, told);
    long weights = bytes(model);
    Map<String, Long> parts = new LinkedHashMap<>();
    parts.put("weights and buffers", weights);
    parts.put("names and provenance", Files.size(file) - weights);
    return new ExportedFile(
        ExportFormat.SAFETENSORS,
        false,
        file,
        Files.size(file),
        floatBytes(recipe),
        parts,
        "none: all is float32",
        Optional.empty());
  }

  private static ExportedFile onnx(
      Path file,
      Module model,
      Recipe recipe,
      Optional<PictureInput> inside,
      OnnxOptions options,
      Provenance provenance,
      Map<String, String> told)
      throws IOException {
    OnnxExport written =
        inside.isPresent()
            ? OnnxFile.save(file, model, inside.get().inGraph(), options, provenance, told)
            : OnnxFile.save(file, model, inputShape(recipe), options, provenance, told);
    Map<String, Long> parts = new LinkedHashMap<>();
    long constants = 0;
    for (Map.Entry<String, Long> entry : written.constantBytes().entrySet()) {
      parts.put("constants of type " + entry.getKey(), entry.getValue());
      constants += entry.getValue();
    }
    parts.put("graph of " + written.nodes() + " nodes", written.bytes() - constants);
    return new ExportedFile(
        ExportFormat.ONNX,
        inside.isPresent(),
        file,
        written.bytes(),
        floatBytes(recipe),
        parts,
        arithmetic(written, recipe),
        Optional.of(
            "operator set %d: ONNX Runtime %s or newer"
                .formatted(written.opset(), written.runtime())));
  }

  private static String arithmetic(OnnxExport written, Recipe recipe) {
    List<String> others = written.floatProducts();
    if (written.integerProducts() == 0) {
      return recipe.has(Place.QUANTIZE)
          ? "none: weights are stored as integers and turned into float32 when the file is loaded;"
              + " activations are rounded to their levels in float32"
          : "none: all is float32";
    }
    return written.integerProducts()
        + " products of integers, summed in 32 bits; "
        + (others.isEmpty()
            ? "none in float32"
            : others.size()
                + (others.size() == 1 ? " product" : " products")
                + " in float32, such as "
                + others.get(0));
  }

  /** One input without the batch. The resolved recipe has what the data decided. */
  private static long[] inputShape(Recipe recipe) {
    ModelRecipe model = recipe.model();
    return Models.get(model.name()).inputShape(model.options()).stream()
        .mapToLong(Integer::longValue)
        .toArray();
  }

  private static long floatBytes(Recipe recipe) throws IOException {
    ModelRecipe model = recipe.model();
    return bytes(RecipeModel.create(new ModelRecipe(model.name(), model.options(), null)));
  }

  private static long bytes(Module model) {
    return model.stateDict().values().stream()
        .mapToLong(tensor -> tensor.numel() * tensor.element_size())
        .sum();
  }
}
