package io.github.steelyard.cli.run;

import io.github.steelyard.cli.console.Session;
import io.github.steelyard.cli.console.Stop;
import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.cli.recipe.Recipe;
import io.github.steelyard.cli.recipe.TrainedNetwork;
import io.github.steelyard.cli.results.Results;
import io.github.steelyard.cli.results.RunHistory;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.train.Accuracy;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.Evaluator;
import io.github.steelyard.train.RunDirectory;
import io.github.steelyard.train.TensorChecksum;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The network of a run with its weights.
 *
 * @param recipe how it was made, fitting the data
 * @param checkpoint where its weights are
 * @param model the network, on its device
 * @param device where it computes
 * @param source its data
 * @param folder where files and results go: the run's folder, or that of a run that looks at it;
 *     null without a run
 * @param callbacks those of the training, if it was trained in this process
 * @param err where progress goes
 * @param stop whether the person asked to stop
 */
public record RunNetwork(
    Recipe recipe,
    Path checkpoint,
    Module model,
    Device device,
    RecipeData source,
    RunDirectory folder,
    Map<String, Callback> callbacks,
    PrintWriter err,
    Stop stop)
    implements TrainedNetwork {

  /**
   * Loads the network of a run.
   *
   * @param run the run
   * @param settings what is changed in the run's recipe, such as where its data are
   * @param newest whether the newest weights are wanted, not the best
   * @param err where progress goes
   * @return the network
   * @throws IOException if weights or data cannot be read
   * @throws UsageException if the run leaves no single network
   */
  public static RunNetwork open(Run run, List<String> settings, boolean newest, PrintWriter err)
      throws IOException {
    return open(run, settings, newest, run.directory(), new Session(err, List.of(), Stop.never()));
  }

  /** Loads the network of a run for another one, in whose folder files and results go. */
  static RunNetwork open(
      Run run, List<String> settings, boolean newest, RunDirectory folder, Session session)
      throws IOException {
    Recipe written = run.kind().network(run, settings);
    Device device = UsageException.unless(() -> Device.of(written.device()));
    RecipeData source = new RecipeData(written);
    Recipe recipe = source.fitted(written, source.test());
    Path checkpoint = run.kind().weights(run, recipe, newest);
    Module model = RunModel.load(recipe, checkpoint);
    requireSame(model, source.test());
    model.to(device);
    return new RunNetwork(
        recipe, checkpoint, model, device, source, folder, Map.of(), session.err(), session.stop());
  }

  /**
   * The network of a recipe with the weights of its file, and without a run.
   *
   * @param written a recipe whose model has weights, packed or in full precision
   * @param err where progress goes
   * @return the network
   * @throws IOException if weights or data cannot be read
   */
  public static RunNetwork of(Recipe written, PrintWriter err) throws IOException {
    Device device = UsageException.unless(() -> Device.of(written.device()));
    RecipeData source = new RecipeData(written);
    Recipe recipe = source.fitted(written, source.test());
    Path weights = Path.of(recipe.model().weights());
    Set<String> notes = new LinkedHashSet<>();
    Module model =
        PackedModel.isPacked(weights)
            ? PackedModel.load(weights)
            : RecipeModel.create(recipe.model(), true, notes);
    notes.forEach(err::println);
    requireSame(model, source.test());
    model.to(device);
    return new RunNetwork(
        recipe, weights, model, device, source, null, Map.of(), err, Stop.never());
  }

  /**
   * Refuses to measure a network together with ranks that have another one, or other data.
   *
   * @param model the network, on the processor
   * @param data what it is measured on
   */
  public static void requireSame(Module model, DataLoader data) {
    Distributed ranks = Distributed.current();
    if (ranks.size() > 1) {
      ranks.requireSame(
          "network or data",
          "weights "
              + TensorChecksum.of(model.stateDict())
              + "\n"
              + data.dataset().name()
              + " "
              + data.dataset().fingerprint());
    }
  }

  /** The network of a training in this process. Its model gets the weights of the checkpoint. */
  static RunNetwork of(Training training, Run run, Session session) throws IOException {
    Path checkpoint = run.kind().weights(run, training.recipe(), false);
    RunModel.loadInto(training.model(), checkpoint);
    return new RunNetwork(
        training.recipe(),
        checkpoint,
        training.model(),
        training.device(),
        training.data(),
        run.directory(),
        training.callbacks(),
        session.err(),
        session.stop());
  }

  @Override
  public Module copy() throws IOException {
    return RunModel.load(recipe, checkpoint);
  }

  @Override
  public DataLoader data(int samples) throws IOException {
    return source.evaluation(samples);
  }

  @Override
  public Optional<PictureInput> input() throws IOException {
    return source.input();
  }

  @Override
  public List<String> classNames() throws IOException {
    return source.classNames();
  }

  @Override
  public Map<String, Double> evaluate(Module measured) throws IOException {
    return new Evaluator(data(0), List.of(new Accuracy())).evaluate(measured, device);
  }

  @Override
  public InputDomain domain() {
    return InputDomain.of(source.normalization());
  }

  @Override
  public void heedStop() {
    stop.heed();
  }

  @Override
  public Provenance provenance() throws IOException {
    return RunModel.provenance(checkpoint, recipe);
  }

  @Override
  public Results results(String key) throws IOException {
    return Results.of(folder, key);
  }

  @Override
  public RunHistory history() throws IOException {
    return Files.isRegularFile(folder.metrics())
        ? RunHistory.read(folder.metrics())
        : RunHistory.EMPTY;
  }

  @Override
  public <T extends Callback> Optional<T> callback(String name, Class<T> type) {
    return Optional.ofNullable(callbacks.get(name)).filter(type::isInstance).map(type::cast);
  }
}
