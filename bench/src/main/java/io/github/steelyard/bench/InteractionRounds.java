package io.github.steelyard.bench;

import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.interaction.Edges;
import io.github.steelyard.interaction.InteractionBasis;
import io.github.steelyard.interaction.InteractionConfiguration;
import io.github.steelyard.interaction.InteractionResult;
import io.github.steelyard.interaction.LayerBasis;
import io.github.steelyard.interaction.Segments;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The local basis of one block of a vision transformer, or of one layer of a perceptron, and its
 * edges, all in double precision: the output keeps its own coordinates, nothing is dropped.
 */
final class InteractionRounds {
  /**
   * What is analysed.
   *
   * @param prefix of its weights' names
   * @param taps before and behind it
   * @param metadata what the peer must know of it
   */
  private record Part(String prefix, List<String> taps, Map<String, String> metadata) {
    static final Part BLOCK =
        new Part(
            "blocks.3.",
            List.of("blocks.2.residual_post", "blocks.3.residual_post"),
            Map.of("heads", "4"));
    static final Part LAYER = new Part("fc2.", List.of("hidden1", "hidden2"), Map.of());
  }

  private InteractionRounds() {}

  /**
   * Words: folder, where weights and what was found are written; network; image size, for a
   * perceptron the width of its layers; samples.
   */
  static Runnable of(List<String> words) throws IOException {
    Path folder = Path.of(words.get(0));
    String name = words.get(1);
    int size = Integer.parseInt(words.get(2));
    int samples = Integer.parseInt(words.get(3));
    Seeds.set(0);
    boolean perceptron = name.equals("mlp");
    Part part = perceptron ? Part.LAYER : Part.BLOCK;
    ModelOptions options =
        perceptron
            ? ModelOptions.none().with(o -> o.hidden = List.of(size, size))
            : ModelOptions.none().with(o -> o.imageSize = size);
    Module model = Models.create(name, options);
    Tensor images =
        Scope.computeWithoutGradient(
            () ->
                perceptron
                    ? torch.randn(samples, model.stateDict().get("fc1.weight").size(1))
                    : torch.randn(
                        samples, Models.get(name).defaults().inputChannels(), size, size));
    // Random weights, but biases that are not 0 and attention that is not the same everywhere.
    Scope.withoutGradient(
        () ->
            model
                .namedParameters()
                .values()
                .forEach(p -> p.tensor().add_(torch.randn_like(p.tensor()).mul_(new Scalar(0.1)))));
    TensorBatches data =
        Scope.compute(
            () ->
                TensorBatches.ordered(
                    images,
                    torch.zeros(new long[] {samples}, new TensorOptions(ScalarType.Long)),
                    samples));
    InteractionBasis analysis =
        new InteractionBasis(InteractionConfiguration.local().with(i -> i.threshold = 0));
    Map<String, Tensor> all = new HashMap<>();
    model
        .stateDict()
        .forEach(
            (key, tensor) -> {
              if (key.startsWith(part.prefix())) {
                all.put(key.substring(part.prefix().length()), Scope.keep(tensor.clone()));
              }
            });
    Segments segments = Segments.open(model, part.taps(), images);
    InteractionResult found = analysis.compute(segments, data);
    LayerBasis basis = found.layers().get(0);
    Edges edges = found.edges().get(0);
    Scope.withoutGradient(
        () -> {
          all.put("activations", segments.activations(images).get(0));
          all.put("lambda", basis.lambda());
          all.put("edges", edges.weights());
          SafeTensors.write(
              folder.resolve("interaction-%s-%d-%d.safetensors".formatted(name, size, samples)),
              all,
              part.metadata());
        });
    return () -> analysis.compute(segments, data);
  }
}
