package io.github.steelyard.reference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.data.TensorBatches;
import io.github.steelyard.interaction.BasisKind;
import io.github.steelyard.interaction.EdgeKind;
import io.github.steelyard.interaction.InteractionBasis;
import io.github.steelyard.interaction.InteractionConfiguration;
import io.github.steelyard.interaction.InteractionResult;
import io.github.steelyard.interaction.LayerBasis;
import io.github.steelyard.interaction.Quadrature;
import io.github.steelyard.interaction.Segments;
import io.github.steelyard.interaction.Sources;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.MultilayerPerceptron;
import io.github.steelyard.nn.models.MultilayerPerceptronConfiguration;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Bases and edges of a small perceptron, in float64. Metadata: {@code settings} (JSON: {@code
 * basis_formula}, {@code edge_formula}, {@code integration_method}, {@code n_intervals}, {@code
 * center}, {@code rotate_final}, {@code thr}) and {@code activations} (JSON, one a layer, the last
 * null). Tensors: {@code model.<i>.weight_in_out}, {@code model.<i>.bias}, {@code inputs}; per
 * layer what {@link LayerBasis} holds, of {@code basis} the columns up to their sign; {@code
 * edges.<i>}. Metadata {@code ablations}, if any: see {@link InteractionAblations}.
 */
final class InteractionValues implements ReferenceKind {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int BATCH = 200;

  @Override
  public boolean recognises(SafeTensorsFile file) {
    return file.metadata().getOrDefault("method", "").equals("interaction basis");
  }

  @Override
  public double tolerance() {
    return 1e-8;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    Module model = model(file);
    Tensor inputs = Tensors.read(file, "inputs");
    List<String> layers = new ArrayList<>(List.of("input"));
    for (int i = 1; i < count(file); i++) {
      layers.add("hidden" + i);
    }
    layers.add(Segments.OUTPUT);
    Tensor targets = torch.zeros(new long[] {inputs.size(0)}, new TensorOptions(ScalarType.Long));
    InteractionResult result;
    try (Segments segments = Segments.open(model, layers, inputs)) {
      result =
          new InteractionBasis(configuration(file))
              .compute(segments, TensorBatches.ordered(inputs, targets, BATCH));
      if (file.metadata().containsKey("ablations")) {
        new InteractionAblations(
                json(file, "ablations"), segments, result, inputs, BATCH, deviation)
            .replay();
      }
    }
    for (int i = 0; i < result.layers().size(); i++) {
      layer(file, deviation, i, result.layers().get(i));
    }
    for (int i = 0; i < result.edges().size(); i++) {
      compare(file, deviation, "edges." + i, result.edges().get(i).weights());
    }
  }

  private static int count(SafeTensorsFile file) {
    int layers = 0;
    while (file.tensors().containsKey("model." + layers + ".bias")) {
      layers++;
    }
    if (layers < 2) {
      throw new IllegalArgumentException("the model must have at least 2 layers, not " + layers);
    }
    return layers;
  }

  private static Module model(SafeTensorsFile file) throws IOException {
    int layers = count(file);
    List<Integer> hidden = new ArrayList<>();
    for (int i = 0; i < layers - 1; i++) {
      hidden.add(Math.toIntExact(Tensors.read(file, "model." + i + ".bias").size(0)));
    }
    JsonNode activations = json(file, "activations");
    Module model =
        new MultilayerPerceptron(
            new MultilayerPerceptronConfiguration(
                Tensors.read(file, "inputs").size(1),
                hidden,
                Tensors.read(file, "model." + (layers - 1) + ".bias").size(0),
                activation(activations.path(0).asText()),
                0));
    model.to(ScalarType.Double);
    for (int i = 0; i < layers; i++) {
      Linear linear = (Linear) model.getSubmodule("fc" + (i + 1));
      linear.weight().assign(Tensors.read(file, "model." + i + ".weight_in_out").t());
      linear.bias().orElseThrow().assign(Tensors.read(file, "model." + i + ".bias"));
    }
    return model;
  }

  private static Activation activation(String name) {
    return switch (name) {
      case "relu" -> Activation.RELU;
      case "identity" -> Activation.IDENTITY;
      default ->
          throw new IllegalArgumentException(
              "the activation must be relu or identity, but is " + name);
    };
  }

  private static InteractionConfiguration configuration(SafeTensorsFile file) {
    JsonNode settings = json(file, "settings");
    String basis = settings.path("basis_formula").asText();
    String edges = settings.path("edge_formula").asText();
    String rule = settings.path("integration_method").asText();
    return new InteractionConfiguration(
        switch (basis) {
          case "jacobian" -> BasisKind.LOCAL;
          case "(1-0)*alpha" -> BasisKind.INTEGRATED_GRADIENT;
          case "(1-alpha)^2" -> BasisKind.FUNCTIONAL;
          case "svd" -> BasisKind.SVD;
          case "neuron" -> BasisKind.NEURON;
          default -> throw new IllegalArgumentException("unknown basis_formula '" + basis + "'");
        },
        switch (edges) {
          case "squared" -> EdgeKind.SQUARED;
          case "functional" -> EdgeKind.FUNCTIONAL;
          default -> throw new IllegalArgumentException("unknown edge_formula '" + edges + "'");
        },
        new Quadrature(
            switch (rule) {
              case "gradient" -> Quadrature.Rule.GRADIENT;
              case "gauss-legendre" -> Quadrature.Rule.GAUSS_LEGENDRE;
              case "trapezoidal" -> Quadrature.Rule.TRAPEZOIDAL;
              default ->
                  throw new IllegalArgumentException("unknown integration_method '" + rule + "'");
            },
            settings.path("n_intervals").asInt()),
        settings.path("center").asBoolean(),
        settings.path("rotate_final").asBoolean(),
        settings.path("thr").asDouble(),
        Sources.exact());
  }

  private static JsonNode json(SafeTensorsFile file, String key) {
    try {
      return JSON.readTree(file.metadata().getOrDefault(key, ""));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "the metadata '" + key + "' cannot be understood: " + file.metadata().get(key), e);
    }
  }

  private static void layer(SafeTensorsFile file, Deviation deviation, int index, LayerBasis basis)
      throws IOException {
    String prefix = "layer." + index + ".";
    if (!file.tensors().containsKey(prefix + "gram")) {
      return; // an output that keeps its own coordinates
    }
    if (file.tensors().containsKey(prefix + "mean")) {
      compare(file, deviation, prefix + "mean", basis.mean());
    }
    compare(file, deviation, prefix + "gram", basis.gram());
    sorted(file, deviation, prefix + "gram_eigenvalues", basis.gramEigenvalues(), 0);
    if (file.tensors().containsKey(prefix + "lambda")) {
      int apart = basis.constantFirst() ? 1 : 0;
      compare(file, deviation, prefix + "jacobian_gram", basis.jacobianGram());
      sorted(file, deviation, prefix + "lambda", basis.rawLambda(), apart);
    }
    if (file.tensors().containsKey(prefix + "lambda_dash")) {
      compare(file, deviation, prefix + "lambda_dash", basis.gradientProduct());
    }
    directions(file, deviation, prefix + "basis", basis.vectors(), 0);
    directions(file, deviation, prefix + "basis_inverse", basis.inverse(), 1);
  }

  private static void compare(
      SafeTensorsFile file, Deviation deviation, String name, Tensor computed) throws IOException {
    deviation.compare(name, computed, Tensors.read(file, name));
  }

  /** Equal eigenvalues have no order of their own. */
  private static void sorted(
      SafeTensorsFile file, Deviation deviation, String name, Tensor computed, int apart)
      throws IOException {
    deviation.compare(name, sorted(computed, apart), sorted(Tensors.read(file, name), apart));
  }

  private static Tensor sorted(Tensor values, int apart) {
    Tensor rest = values.narrow(0, apart, values.size(0) - apart).sort(0, true).get0();
    return torch.cat(new TensorVector(values.narrow(0, 0, apart), rest), 0);
  }

  /** The absolute cosines between vectors, which are 1, and the lengths. */
  private static void directions(
      SafeTensorsFile file, Deviation deviation, String name, Tensor computed, int dimension)
      throws IOException {
    Tensor expected = Tensors.read(file, name);
    if (computed.size(0) != expected.size(0) || computed.size(1) != expected.size(1)) {
      deviation.compare(name, computed, expected); // which says so
    }
    Tensor lengths = computed.square().sum(dimension).sqrt();
    Tensor expectedLengths = expected.square().sum(dimension).sqrt();
    Tensor cosines = computed.mul(expected).sum(dimension).div(lengths.mul(expectedLengths)).abs();
    deviation.compare(name + " (cosines)", cosines, torch.ones_like(cosines));
    deviation.compare(
        name + " (lengths)",
        lengths.div(expectedLengths.add(new Scalar(Double.MIN_NORMAL))),
        torch.ones_like(lengths));
  }
}
