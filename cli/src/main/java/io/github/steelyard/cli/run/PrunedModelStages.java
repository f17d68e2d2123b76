package io.github.steelyard.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.report.Numbers;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.AdversarialConfiguration;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.robust.LocalLipschitz;
import io.github.steelyard.robust.Norm;
import io.github.steelyard.robust.Protocol;
import io.github.steelyard.robust.SparsityReport;
import io.github.steelyard.robust.SpectralReport;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.Evaluator;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TrainingResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What follows the training of a pruned model: writing it, counting it, measuring and attacking it.
 * Each stage leaves its result in {@code results.json}; an attack whose result is there is not
 * repeated.
 */
final class PrunedModelStages {
  private static final String KEY = "pruning";
  private static final long SEED = 0;

  private final Training training;
  private final RunDirectory run;
  private final PrintWriter err;
  private final Path checkpoint;
  private final StageResults done;

  PrunedModelStages(Training training, RunDirectory run, PrintWriter err) throws IOException {
    this.training = training;
    this.run = run;
    this.err = err;
    checkpoint = RunModel.checkpoint(run, training.recipe(), false);
    RunModel.loadInto(training.model(), checkpoint);
    done = new StageResults(run, KEY);
  }

  /**
   * Does what is missing.
   *
   * @throws IOException if a file cannot be written or read
   */
  PrunedResults complete(TrainingResult result, Optional<Protocol> protocol, int samples)
      throws IOException {
    Files.createDirectories(run.exports());
    Path masked = run.exports().resolve("masked.safetensors");
    Path dense = run.exports().resolve("dense.safetensors");
    Module model = training.model();
    ModelFile.save(masked, model, RunModel.provenance(checkpoint));
    SparsityReport sparsity = SparsityReport.of(model);
    Module plain = RunModel.load(training.recipe(), checkpoint);
    RecipeWeights.materialize(plain);
    ModelFile.save(dense, plain, RunModel.provenance(checkpoint));
    done.save("sparsity", sparsity.sparsity());
    done.save("bytes", bytes(masked, dense, sparsity));
    Map<String, Double> metrics =
        new Evaluator(source().test(), List.of(new Accuracy())).evaluate(model, training.device());
    done.save("metrics", metrics);
    SpectralReport spectra = SpectralReport.of(model);
    done.save("spectra", spectra(spectra));
    Optional<JsonNode> robustness = attack(protocol, samples);
    return new PrunedResults(result, metrics, sparsity, spectra, robustness, masked, dense);
  }

  private static Map<String, Object> bytes(Path masked, Path dense, SparsityReport sparsity)
      throws IOException {
    Map<String, Object> bytes = new LinkedHashMap<>();
    bytes.put("dense_file", Files.size(dense));
    bytes.put("masked_file", Files.size(masked));
    bytes.put("if_stored_sparse", sparsity.sparseBytes());
    return bytes;
  }

  static Map<String, Object> spectra(SpectralReport spectra) {
    Map<String, Object> all = new LinkedHashMap<>();
    Map<String, Object> layers = new LinkedHashMap<>();
    for (SpectralReport.Layer layer : spectra.layers()) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("sparsity", layer.report().statistics().sparsity());
      if (layer.report().spectrum() != null) {
        values.put("spectral_norm", layer.report().spectrum().spectralNorm());
        values.put("condition_number", layer.report().spectrum().conditionNumber());
        values.put(
            "effective_condition_number", layer.report().spectrum().effectiveConditionNumber());
        values.put("rank", layer.report().spectrum().rank());
      }
      layers.put(layer.path(), values);
    }
    all.put("layers", layers);
    all.put("log10_lipschitz_product", Numbers.finite(spectra.log10LayerProduct()));
    all.put("log10_normalization_product", Numbers.finite(spectra.log10NormalizationProduct()));
    all.put("largest_condition_number", Numbers.finite(spectra.largestConditionNumber()));
    return all;
  }

  private Optional<JsonNode> attack(Optional<Protocol> protocol, int samples) throws IOException {
    Optional<AdversarialConfiguration> adversarial = training.recipe().loss().adversarial();
    if (protocol.isEmpty() || adversarial.isEmpty()) {
      return Optional.empty();
    }
    RecipeData source = source();
    DataLoader data = source.test(samples);
    double epsilon = adversarial.get().epsilon();
    JsonNode before = done.get("robustness");
    boolean same =
        before.path("description").asText().equals(protocol.get().describe())
            && before.path("epsilon").asDouble() == epsilon
            && before.path("samples").asLong() == data.dataset().size();
    if (!same) {
      err.println("attacking the pruned model");
      Robustness measured =
          Robustness.measure(
              training.model(),
              data,
              training.device(),
              protocol.get(),
              Robustness.threat(Norm.LINF, epsilon, source),
              SEED,
              err);
      measured.result().warnings().forEach(warning -> err.println("warning: " + warning));
      done.save("robustness", measured.toJson());
      LocalLipschitz local =
          LocalLipschitz.estimate(
              training.model(), data, InputDomain.of(source.normalization()), training.device());
      done.save("local_lipschitz", local);
    }
    return Optional.of(done.get("robustness"));
  }

  private RecipeData source() {
    return new RecipeData(training.recipe().data(), training.recipe().seed());
  }
}
