package io.github.steelyard.predict;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.io.CheckedJson;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.train.Checkpoint;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Networks that say of themselves what they are and how pictures become their inputs. */
final class SavedNetwork {
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(MapperFeature.AUTO_DETECT_IS_GETTERS).build();

  /** A recipe's words. */
  private static final JsonMapper RECIPE =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
          .build();

  private SavedNetwork() {}

  static Classifier open(Path path) throws IOException {
    try {
      return Files.isDirectory(path) ? ofRun(path) : ofFile(path);
    } catch (JsonProcessingException e) {
      throw new FileFormatException(path, "what it says of itself is damaged", e);
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(path, e.getMessage(), e);
    }
  }

  private static Classifier ofFile(Path file) throws IOException {
    if (file.toString().toLowerCase(Locale.ROOT).endsWith(".onnx")) {
      throw new FileFormatException(
          file,
          "is run by ONNX Runtime, not by this library; give the run's folder, or a file that"
              + " steelyard export wrote with --format safetensors or packed");
    }
    Map<String, String> told;
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      told = open.metadata();
    }
    String input = told.get(PictureInput.KEY);
    String model = told.get(PackedModel.ORIGIN);
    if (input == null || model == null) {
      throw new FileFormatException(
          file,
          "does not say "
              + (model == null ? "which network it holds" : "how pictures become its inputs")
              + " (metadata '"
              + (model == null ? PackedModel.ORIGIN : PictureInput.KEY)
              + "'); give the folder of a run that learned pictures, or a file that steelyard"
              + " export wrote of it");
    }
    String names = told.getOrDefault(Classifier.CLASS_NAMES, "[]");
    return new Classifier(
        PackedModel.isPacked(file) ? PackedModel.load(file) : plain(file, model),
        PictureInput.parse(input),
        JSON.readValue(names, new TypeReference<List<String>>() {}),
        Device.CPU);
  }

  private static Module plain(Path file, String model) throws IOException {
    PackedModel.Origin origin = JSON.readValue(model, PackedModel.Origin.class);
    Module made = Models.create(origin.name(), origin.options());
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      Scope.run(() -> ChannelRemoval.fit(made, open.readAll()));
    }
    ModelFile.loadStrict(file, made);
    return made;
  }

  private static Classifier ofRun(Path folder) throws IOException {
    try (RunDirectory run = RunDirectory.open(folder)) {
      Path weights =
          run.bestCheckpoint()
              .orElseThrow(() -> new IOException(folder + " holds no run with weights of its own"));
      JsonNode results = CheckedJson.read(run.results());
      JsonNode model =
          JSON.valueToTree(Checkpoint.readProvenance(weights)).at("/configuration/model");
      if (!results.has("input") || !model.has("name")) {
        throw new FileFormatException(
            folder, "does not say how pictures become inputs; steelyard predict may find out");
      }
      Module made =
          Models.create(model.path("name").asText(), RECIPE.treeToValue(model, ModelOptions.class));
      try {
        Scope.run(() -> made.loadStateDict(Checkpoint.readScored(weights)));
      } catch (IllegalArgumentException e) {
        throw new FileFormatException(
            folder,
            "puts more on its weights than its network has; write it by steelyard export with"
                + " --format safetensors or packed, and open that file",
            e);
      }
      return new Classifier(
          made,
          PictureInput.parse(results.get("input").toString()),
          JSON.convertValue(results.path("class_names"), new TypeReference<List<String>>() {}),
          Device.CPU);
    }
  }
}
