package io.github.steelyard.cli.recipe;

import io.github.steelyard.cli.results.Results;
import io.github.steelyard.cli.results.RunHistory;
import io.github.steelyard.data.DataLoader;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.nn.Module;
import io.github.steelyard.robust.InputDomain;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.train.Callback;
import io.github.steelyard.train.RunDirectory;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A network with the weights of a run, and what can be done with it. */
public interface TrainedNetwork {
  /**
   * How the network was made.
   *
   * @return the recipe of the run that trained it
   */
  Recipe recipe();

  /**
   * The network.
   *
   * @return with the run's weights, prepared as for training, on its device
   */
  Module model();

  /**
   * The network once more.
   *
   * @return a model of its own in the processor's memory
   * @throws IOException if the weights cannot be read
   */
  Module copy() throws IOException;

  /**
   * Where it computes.
   *
   * @return the device
   */
  Device device();

  /**
   * What it is measured on: what the recipe holds back of the training data or, if it holds back
   * nothing, the test data.
   *
   * @param samples the same share of each class; 0 for all
   * @return the batches
   * @throws IOException if they cannot be read
   */
  DataLoader data(int samples) throws IOException;

  /**
   * How pictures become inputs when the network is measured.
   *
   * @return everything decided; empty where the data is no pictures
   * @throws IOException if the data cannot be read
   */
  Optional<PictureInput> input() throws IOException;

  /**
   * The names of the network's outputs.
   *
   * @return in the order of the logits
   * @throws IOException if the data cannot be read
   */
  List<String> classNames() throws IOException;

  /**
   * Measures a model on {@link #data}.
   *
   * @param model on {@link #device}
   * @return loss and accuracy by name
   * @throws IOException if the data cannot be read
   */
  Map<String, Double> evaluate(Module model) throws IOException;

  /**
   * The range of inputs.
   *
   * @return in the data's units
   */
  InputDomain domain();

  /**
   * Where files and results go.
   *
   * @return the run's folder
   */
  RunDirectory folder();

  /**
   * Where the weights come from.
   *
   * @return what exported files say of themselves
   * @throws IOException if it cannot be read
   */
  Provenance provenance() throws IOException;

  /**
   * What a section leaves in {@code results.json}.
   *
   * @param key the section's key
   * @return what is there under the key, and the way to add to it
   * @throws IOException if it cannot be read
   */
  Results results(String key) throws IOException;

  /**
   * What the training logged.
   *
   * @return empty if the network was trained by another run
   * @throws IOException if it cannot be read
   */
  RunHistory history() throws IOException;

  /**
   * A callback of the training, with what it saw.
   *
   * @param <T> its class
   * @param name as the section named it
   * @param type its class
   * @return empty if the network was trained by another run
   */
  <T extends Callback> Optional<T> callback(String name, Class<T> type);

  /**
   * Where progress goes.
   *
   * @return a stream for people
   */
  PrintWriter err();

  /**
   * To be called now and then in work that takes long, by all ranks at the same places: ends it in
   * its middle if the person asked for it. What it has in {@link #results} by then is kept for when
   * the run goes on.
   *
   * @throws io.github.steelyard.cli.console.StoppedException if so, to be passed on
   */
  void heedStop();
}
