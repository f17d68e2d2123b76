package io.github.steelyard.cli.run;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.steelyard.cli.console.Json;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.results.RunResults;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.nn.Module;
import io.github.steelyard.predict.Classifier;
import io.github.steelyard.runtime.Device;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;

/** The network of a run as something that answers about pictures. */
public final class RunClassifier {
  private RunClassifier() {}

  /**
   * Opens the network of a run. Its training data are read only if the run does not say itself how
   * pictures become inputs and what its classes are called.
   *
   * @param run the run
   * @param settings what is changed in its recipe, such as where its data are
   * @param newest whether the newest weights are wanted, not the best
   * @param err where progress goes
   * @return the classifier, on the recipe's device
   * @throws IOException if weights or data cannot be read
   * @throws UsageException if the network was not trained on pictures, or gives no logits of
   *     classes
   */
  public static Classifier of(Run run, List<String> settings, boolean newest, PrintWriter err)
      throws IOException {
    Recipe recipe = run.kind().network(run, settings);
    JsonNode results = Json.MAPPER.valueToTree(RunResults.read(run.directory()));
    if (results.has("input")
        && results.has("class_names")
        && recipe.model().options().classes() != null) {
      Device device = UsageException.unless(() -> Device.of(recipe.device()));
      Module model = RunModel.load(recipe, run.kind().weights(run, recipe, newest));
      model.to(device);
      List<String> names =
          Json.MAPPER.convertValue(results.get("class_names"), new TypeReference<>() {});
      return made(model, PictureInput.parse(results.get("input").toString()), names, device);
    }
    RunNetwork network = RunNetwork.open(run, settings, newest, err);
    Optional<PictureInput> input = network.input();
    if (input.isEmpty()) {
      throw new UsageException(
          "the network of "
              + run.path()
              + " learned from "
              + recipe.data().name()
              + ", which is no pictures");
    }
    return made(network.model(), input.get(), network.classNames(), network.device());
  }

  private static Classifier made(
      Module model, PictureInput input, List<String> names, Device device) {
    return UsageException.unless(() -> new Classifier(model, input, names, device));
  }
}
