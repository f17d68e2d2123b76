package io.github.steelyard.cli.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.github.steelyard.cli.console.Output;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.StateDictException;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * The full-precision weights that a quantized model starts from. A run keeps a copy of them, so
 * that it can be resumed when their source is gone.
 *
 * @param file where they are
 * @param trained the recipe of the run whose checkpoint the file is; empty for a plain state dict
 * @param source where they came from first
 * @param sha256 of the source's file, in hexadecimal
 */
record FullPrecision(Path file, Optional<Recipe> trained, String source, String sha256) {
  private static final String COPY = "full_precision.safetensors";
  private static final String SOURCE = "steelyard.source";
  private static final String SHA256 = "steelyard.source_sha256";
  private static final String METRICS = "steelyard.metrics";

  /**
   * Finds the weights of {@code --from}.
   *
   * @param from a run's folder, whose best checkpoint is taken, or a safetensors file
   * @param recipe what will be quantized
   * @throws UsageException if there is nothing, or it is another model
   */
  static FullPrecision of(Path from, Recipe recipe) throws IOException {
    if (Files.isRegularFile(from)) {
      return new FullPrecision(from, Optional.empty(), absolute(from), hash(from));
    }
    RunModel.requireRun(from);
    try (RunDirectory run = RunDirectory.open(from)) {
      Recipe trained = RunModel.recipe(run, List.of());
      requireFloat(from, trained, recipe);
      Path best = RunModel.checkpoint(run, trained, false);
      return new FullPrecision(best, Optional.of(trained), absolute(best), hash(best));
    }
  }

  private static void requireFloat(Path from, Recipe trained, Recipe recipe) {
    if (trained.quantization().isPresent()) {
      throw new UsageException(
          "--from " + from + ": this run is quantized already; give one of full precision");
    }
    boolean keepsZeros = recipe.pruning().isPresent() && recipe.quantization().isPresent();
    if (trained.pruning().isPresent() && !keepsZeros) {
      throw new UsageException(
          "--from "
              + from
              + ": this run is pruned, but its zeros would be trained again; quantize it with a"
              + " recipe that has its section 'pruning' too, or give its dense weights, "
              + from.resolve("exports").resolve("dense.safetensors"));
    }
    if (!trained.model().name().equals(recipe.model().name())) {
      throw new UsageException(
          "--from "
              + from
              + ": this run trained "
              + trained.model().name()
              + ", but the recipe is for "
              + recipe.model().name());
    }
  }

  private static String absolute(Path file) {
    return file.toAbsolutePath().normalize().toString();
  }

  /** The copy that a run keeps. */
  static Path copy(RunDirectory run) {
    return run.checkpoints().resolve(COPY);
  }

  /**
   * Opens the copy that a run keeps.
   *
   * @param from what {@code --from} names; null for nothing
   * @param recipe what will be made of the weights
   * @throws UsageException if {@code --from} has other weights than the copy
   */
  static FullPrecision ofCopy(RunDirectory run, Path from, Recipe recipe) throws IOException {
    FullPrecision copy = ofCopy(run);
    if (from != null && !of(from, recipe).sha256().equals(copy.sha256())) {
      throw new UsageException(
          "the run in "
              + run.path()
              + " started from "
              + copy.source()
              + ", whose weights are not those of "
              + from
              + "; leave --from out to resume it");
    }
    return copy;
  }

  private static FullPrecision ofCopy(RunDirectory run) throws IOException {
    Path copy = copy(run);
    try (SafeTensorsFile open = SafeTensors.open(copy)) {
      Map<String, String> metadata = open.metadata();
      if (!metadata.containsKey(SOURCE) || !metadata.containsKey(SHA256)) {
        throw new FileFormatException(copy, "does not say where its weights come from");
      }
      return new FullPrecision(copy, Optional.empty(), metadata.get(SOURCE), metadata.get(SHA256));
    }
  }

  /** Writes the copy that the run keeps, with what was measured of it. */
  static void writeCopy(
      RunDirectory run, FullPrecision weights, Module model, Map<String, Double> metrics)
      throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "pt");
    metadata.put(SOURCE, weights.source());
    metadata.put(SHA256, weights.sha256());
    metadata.put(METRICS, Output.JSON.writeValueAsString(metrics));
    SafeTensors.write(copy(run), model.stateDict(), metadata);
  }

  /** What was measured of the copy that a run keeps. */
  static Map<String, Double> metrics(RunDirectory run) throws IOException {
    Path copy = copy(run);
    try (SafeTensorsFile open = SafeTensors.open(copy)) {
      return Output.JSON.readValue(
          open.metadata().getOrDefault(METRICS, "{}"), new TypeReference<>() {});
    } catch (JsonProcessingException e) {
      throw new FileFormatException(copy, "its metadata '" + METRICS + "' is damaged", e);
    }
  }

  /**
   * Copies the weights into a model.
   *
   * @throws StateDictException if they are of another model; the message names the file
   * @throws IOException if the file cannot be read
   */
  void load(Module model) throws IOException {
    try {
      Scope.run(() -> model.loadStateDict(state()));
    } catch (StateDictException e) {
      throw e.from(file.toString());
    }
  }

  private Map<String, Tensor> state() throws IOException {
    if (trained.isPresent()) {
      Module model = RunModel.load(trained.get(), file);
      RecipeWeights.materialize(model);
      return model.stateDict();
    }
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      return open.readAll();
    }
  }

  private static String hash(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        DigestInputStream digest =
            new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
      digest.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digest.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
