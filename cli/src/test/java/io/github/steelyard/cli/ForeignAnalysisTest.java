package io.github.steelyard.cli;

import static io.github.steelyard.cli.CommandLineRun.json;
import static io.github.steelyard.cli.CommandLineRun.refused;
import static org.assertj.core.api.Assertions.assertThat;

import com.example.deadunits.DeadUnits;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.data.BatchSource;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.LoaderConfiguration;
import io.github.steelyard.data.Split;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An analysis of two files outside this project, with its part of results and report. */
class ForeignAnalysisTest {
  private static final String RECIPE =
      """
      model: {name: mlp, hidden: [12, 8]}
      data: {name: fashion-mnist, batch_size: 20, train_samples: 80, test_samples: 40}
      optimizer: {name: adamw, lr: 0.01}
      train: {epochs: 1}
      dead_units: {taps: [hidden1, hidden2]}
      """;
  @TempDir Path folder;

  private String write(String content) throws IOException {
    return Files.writeString(folder.resolve("recipe.yaml"), content).toString();
  }

  private String run(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void givenARecipeWithTheAnalysis_whenItRuns_thenOutputResultsAndReportHaveItsNumbers()
      throws Exception {
    CommandLineRun printed = CommandLineRun.of("run", write(RECIPE), "--folder", run("run"));

    assertThat(printed.code()).as(printed.err()).isZero();
    JsonNode units =
        Json.MAPPER.readTree(folder.resolve("run/results.json").toFile()).at("/dead_units/units");
    assertThat(units.at("/hidden1/all").asLong()).isEqualTo(12);
    assertThat(units.at("/hidden2/all").asLong()).isEqualTo(8);
    long dead = units.at("/hidden1/dead").asLong() + units.at("/hidden2/dead").asLong();
    assertThat(printed.out())
        .contains("dead units", dead + " of 20, ", "Dead units", "hidden1", "hidden2");
    assertThat(Files.readString(folder.resolve("run/report.html")))
        .contains("dead units", dead + " of 20, ", "hidden2");
  }

  @Test
  void givenARunWithoutIt_whenARecipeWithoutTrainingLooksAtIt_thenItIsCountedAlike()
      throws Exception {
    String training = RECIPE.substring(0, RECIPE.indexOf("dead_units"));
    json("run", write(RECIPE), "--folder", run("both"), "--json");
    json("run", write(training), "--folder", run("plain"), "--json");

    JsonNode looked =
        json(
            "run",
            write("from: '" + run("plain") + "'\ndead_units: {taps: [hidden1, hidden2]}\n"),
            "--folder",
            run("look"),
            "--json");

    JsonNode both = Json.MAPPER.readTree(folder.resolve("both/results.json").toFile());
    assertThat(looked.at("/dead_units")).isEqualTo(both.at("/dead_units")).isNotEmpty();
  }

  @Test
  void givenATapThatIsNotThere_whenTheRecipeRuns_thenItIsToldBeforeTheTraining()
      throws IOException {
    assertThat(
            refused(
                "run", write(RECIPE), "--folder", run("run"), "--set", "dead_units.taps=[hiden1]"))
        .contains("hiden1", "did you mean 'hidden1'?");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void givenUnitsWithLargeNegativeBiases_whenTheyAreCounted_thenTheseAreDead() throws IOException {
    Map<String, DeadUnits.Count> counts =
        Scope.compute(
            () -> {
              Module model = Models.create("mlp", ModelOptions.none());
              Tensor bias = model.namedParameters().get("fc1.bias").tensor();
              Scope.withoutGradient(() -> bias.narrow(0, 0, 3).fill_(new Scalar(-1e6)));
              DatasetSource data = Datasets.get("fashion-mnist");
              BatchSource samples =
                  new DataLoader(
                      data.open(Split.TEST),
                      data.evaluationPreprocessing(),
                      LoaderConfiguration.evaluation(50));
              return new DeadUnits(List.of("hidden1"), 0).count(model, samples, Device.CPU);
            });

    assertThat(counts.get("hidden1").dead()).isEqualTo(3);
  }
}
