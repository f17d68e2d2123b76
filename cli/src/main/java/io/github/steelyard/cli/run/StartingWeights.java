package io.github.steelyard.cli.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.RecipeSection.Place;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.ChannelRemoval;
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
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * The weights that a training begins with, where they come from elsewhere. A run keeps a copy of
 * them, so that it can be resumed when their source is gone.
 *
 * @param file where they are
 * @param trained the recipe of the run whose checkpoint the file is; empty for a plain state dict
 * @param source where they came from first
 * @param sha256 of the source's file, in hexadecimal
 */
public record StartingWeights(Path file, Optional<Recipe> trained, String source, String sha256) {
  private static final String COPY = "start.safetensors";
  private static final String SOURCE = "steelyard.source";
  private static final String SHA256 = "steelyard.source_sha256";
  private static final String METRICS = "steelyard.metrics";

  /**
   * Finds the weights that a recipe names.
   *
   * @param from a run's folder, whose best weights are taken, or a safetensors file
   * @param recipe what will be trained
   * @throws UsageException if there is nothing, or it is another model
   */
  static StartingWeights of(Path from, Recipe recipe) throws IOException {
    if (Files.isRegularFile(from)) {
      return new StartingWeights(from, Optional.empty(), absolute(from), hash(from));
    }
    try (Run run = Run.open(from)) {
      Recipe trained = run.kind().network(run, List.of());
      requireFitting(from, trained, recipe);
      Path best = run.kind().weights(run, trained, false);
      return new StartingWeights(best, Optional.of(trained), absolute(best), hash(best));
    }
  }

  private static void requireFitting(Path from, Recipe trained, Recipe recipe) {
    if (trained.has(Place.QUANTIZE)) {
      throw new UsageException(
          "from: the run in " + from + " is quantized already; name one of full precision");
    }
    boolean keepsZeros = recipe.has(Place.MASK) && recipe.has(Place.QUANTIZE);
    if (trained.has(Place.MASK) && !keepsZeros) {
      throw new UsageException(
          "from: the run in "
              + from
              + " is pruned, but its zeros would be trained again; quantize it with a recipe that has"
              + " its section 'pruning' too, or name its dense weights, "
              + from.resolve("exports").resolve("dense.safetensors"));
    }
    if (!trained.model().name().equals(recipe.model().name())) {
      throw new UsageException(
          "from: the run in "
              + from
              + " trained "
              + trained.model().name()
              + ", but the recipe is for "
              + recipe.model().name());
    }
  }

  private static String absolute(Path file) {
    return file.toAbsolutePath().normalize().toString();
  }

  /** The copy that a run keeps. */
  private static Path copy(Path run) {
    return run.resolve("checkpoints").resolve(COPY);
  }

  /** Whether a run keeps a copy. */
  static boolean isKept(Path run) {
    return Files.isRegularFile(copy(run));
  }

  /**
   * Opens the copy that a run keeps.
   *
   * @param recipe what will be trained; the source that it names must have the same weights, if it
   *     is still there
   * @throws UsageException if it has others
   */
  static StartingWeights kept(Path run, Recipe recipe) throws IOException {
    Path copy = copy(run);
    StartingWeights kept;
    try (SafeTensorsFile open = SafeTensors.open(copy)) {
      Map<String, String> metadata = open.metadata();
      if (!metadata.containsKey(SOURCE) || !metadata.containsKey(SHA256)) {
        throw new FileFormatException(copy, "does not say where its weights come from");
      }
      kept =
          new StartingWeights(copy, Optional.empty(), metadata.get(SOURCE), metadata.get(SHA256));
    }
    Optional<Path> named = recipe.from().map(Path::of).filter(Files::exists);
    if (named.isPresent() && !of(named.get(), recipe).sha256().equals(kept.sha256())) {
      throw new UsageException(
          "the run in "
              + run
              + " started from "
              + kept.source()
              + ", whose weights are not those of "
              + named.get()
              + "; leave the key 'from' as it was to resume it");
    }
    return kept;
  }

  /** Writes the copy that a run keeps, with what was measured of it. */
  void keep(Path run, Module model, Map<String, Double> metrics) throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("format", "pt");
    metadata.put(SOURCE, source);
    metadata.put(SHA256, sha256);
    metadata.put(METRICS, Json.MAPPER.writeValueAsString(metrics));
    SafeTensors.write(copy(run), model.stateDict(), metadata);
  }

  /**
   * What was measured of the copy that a run keeps.
   *
   * @param run the run's folder
   * @return loss and accuracy by name
   * @throws IOException if they cannot be read
   */
  public static Map<String, Double> metrics(RunDirectory run) throws IOException {
    Path copy = copy(run.path());
    try (SafeTensorsFile open = SafeTensors.open(copy)) {
      return Json.MAPPER.readValue(
          open.metadata().getOrDefault(METRICS, "{}"), new TypeReference<>() {});
    } catch (JsonProcessingException e) {
      throw new FileFormatException(copy, "its metadata '" + METRICS + "' is damaged", e);
    }
  }

  /**
   * Copies the weights into a model.
   *
   * @param strict whether a file must have exactly the model's names and shapes
   * @param notes gets, in plain sentences, what was done to those of a file so that they fit
   * @throws UsageException if a file has no trained head for the model's classes
   * @throws StateDictException if they are of another model; the message names the file
   * @throws IOException if the file cannot be read
   */
  void load(Module model, boolean strict, Set<String> notes) throws IOException {
    if (trained.isEmpty() && !file.endsWith(COPY)) {
      RecipeModel.load(file, model, strict, true, notes);
      return;
    }
    try {
      Scope.run(
          () -> {
            Map<String, Tensor> state = state();
            ChannelRemoval.fit(model, state);
            model.loadStateDict(state);
          });
    } catch (StateDictException e) {
      throw e.from(file.toString());
    }
  }

  private Map<String, Tensor> state() throws IOException {
    if (trained.isPresent()) {
      Module model = RunModel.load(trained.get(), file);
      Materialized.allButQuantizers(model);
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
