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
 * The local basis of one block of a vision transformer and its edges, all in double precision: the
 * block's output keeps its own coordinates, nothing is dropped.
 */
final class InteractionRounds {
  private static final String BLOCK = "blocks.3.";
  private static final String FROM = "blocks.2.residual_post";
  private static final String TO = "blocks.3.residual_post";

  private InteractionRounds() {}

  /** Words: folder, where weights and what was found are written; network; image size; samples. */
  static Runnable of(List<String> words) throws IOException {
    Path folder = Path.of(words.get(0));
    String name = words.get(1);
    int size = Integer.parseInt(words.get(2));
    int samples = Integer.parseInt(words.get(3));
    Seeds.set(0);
    Module model = Models.create(name, ModelOptions.none().with(o -> o.imageSize = size));
    int channels = Models.get(name).defaults().inputChannels();
    // Random weights, but biases that are not 0 and attention that is not the same everywhere.
    Scope.withoutGradient(
        () ->
            model
                .namedParameters()
                .values()
                .forEach(p -> p.tensor().add_(torch.randn_like(p.tensor()).mul_(new Scalar(0.1)))));
    Tensor images = Scope.computeWithoutGradient(() -> torch.randn(samples, channels, size, size));
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
              if (key.startsWith(BLOCK)) {
                all.put(key.substring(BLOCK.length()), Scope.keep(tensor.clone()));
              }
            });
    Segments segments = Segments.open(model, List.of(FROM, TO), images);
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
              Map.of("heads", "4"));
        });
    return () -> analysis.compute(segments, data);
  }
}
