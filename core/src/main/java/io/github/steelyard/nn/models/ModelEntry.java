package io.github.steelyard.nn.models;

import io.github.steelyard.nn.Module;
import io.github.steelyard.runtime.Named;
import io.github.steelyard.runtime.Suggestion;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One model in the register.
 *
 * @param name the timm or torchvision name where there is one, such as {@code resnet50}
 * @param summary what it is, in one sentence
 * @param paper authors, title, venue and year
 * @param parameterCount number of trainable values with the default options
 * @param defaults the default of every option that the model takes; null for those it does not
 * @param shapes channels, height and width of one input, from options in which everything the model
 *     takes is chosen
 * @param factory makes the model from options in which everything it takes is chosen
 * @param input how pictures become inputs when published weights are measured; empty for a network
 *     that takes pictures as the data has them
 */
public record ModelEntry(
    String name,
    String summary,
    String paper,
    long parameterCount,
    ModelOptions defaults,
    Function<ModelOptions, List<Integer>> shapes,
    Function<ModelOptions, Module> factory,
    Optional<InputConfiguration> input)
    implements Named {
  /**
   * A model without published weights: it takes pictures as the data has them.
   *
   * @param name the public name where there is one
   * @param summary what it is, in one sentence
   * @param paper authors, title, venue and year
   * @param parameterCount number of trainable values with the default options
   * @param defaults the default of every option that the model takes
   * @param shapes channels, height and width of one input
   * @param factory makes the model
   */
  public ModelEntry(
      String name,
      String summary,
      String paper,
      long parameterCount,
      ModelOptions defaults,
      Function<ModelOptions, List<Integer>> shapes,
      Function<ModelOptions, Module> factory) {
    this(name, summary, paper, parameterCount, defaults, shapes, factory, Optional.empty());
  }

  /**
   * The same model with published weights.
   *
   * @param published how pictures were made inputs when these were measured
   * @return the changed entry
   */
  public ModelEntry withInput(InputConfiguration published) {
    return new ModelEntry(
        name, summary, paper, parameterCount, defaults, shapes, factory, Optional.of(published));
  }

  /**
   * A model that takes square images.
   *
   * @param name the public name where there is one
   * @param summary what it is, in one sentence
   * @param paper authors, title, venue and year
   * @param parameterCount number of trainable values with the default options
   * @param defaults the default of every option that the model takes, channels and size among them
   * @param factory makes the model
   */
  public ModelEntry(
      String name,
      String summary,
      String paper,
      long parameterCount,
      ModelOptions defaults,
      Function<ModelOptions, Module> factory) {
    this(
        name,
        summary,
        paper,
        parameterCount,
        defaults,
        options -> List.of(options.inputChannels(), options.imageSize(), options.imageSize()),
        factory);
  }

  /**
   * The shape of one input with the default options.
   *
   * @return channels, height and width
   */
  public List<Integer> inputShape() {
    return inputShape(ModelOptions.none());
  }

  /**
   * The shape of one input.
   *
   * @param options what differs from the defaults
   * @return channels, height and width
   */
  public List<Integer> inputShape(ModelOptions options) {
    return shapes.apply(options.orElse(defaults));
  }

  /**
   * Makes the model with random weights from libtorch's seeded generator.
   *
   * @param options what differs from the defaults
   * @return a new model in training mode
   * @throws IllegalArgumentException if an option is chosen that this model does not take, or its
   *     value does not suit the model
   */
  public Module create(ModelOptions options) {
    for (String chosen : options.chosen().keySet()) {
      if (!defaults.chosen().containsKey(chosen)) {
        throw new IllegalArgumentException(
            "the model '"
                + name
                + "' has no option '"
                + chosen
                + "'"
                + Suggestion.clause(chosen, defaults.chosen().keySet()));
      }
    }
    return factory.apply(options.orElse(defaults));
  }
}
