package io.github.steelyard.reference;

import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Attention;
import io.github.steelyard.nn.AttentionConfiguration;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.Mlp;
import io.github.steelyard.nn.Module;
import io.github.steelyard.quant.ActivationQuantizerConfiguration;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.quant.QuantizedLinear;
import io.github.steelyard.quant.Signedness;
import io.github.steelyard.quant.Slice;
import io.github.steelyard.quant.StatsQ;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/**
 * Output and gradients of a whole quantized module. Metadata: {@code module} (mlp, attention,
 * attention_qkr), {@code bits}, {@code heads}. Tensors: {@code param.*}, {@code grad.*}, {@code
 * input}, {@code output}, {@code grad_output}, {@code grad_input}, under the names of the authors'
 * code.
 */
final class QuantizedModules implements ReferenceKind {
  /** Theirs and ours: a part of the name for a part of the name. */
  private static final List<Map.Entry<String, String>> NAMES =
      List.of(
          Map.entry("quant_x_4_qkv.input_quant_fn.s", "input_quantizer.quantizer.scale"),
          Map.entry("quant_x_4_qkv.move_b4.bias", "input_quantizer.shift_before"),
          Map.entry("quant_x_4_qkv.move_aft.bias", "input_quantizer.shift_after"),
          Map.entry("input_quant_fn.s", "input_quantizer.quantizer.scale"),
          Map.entry("move_b4.bias", "input_quantizer.shift_before"),
          Map.entry("move_aft.bias", "input_quantizer.shift_after"),
          Map.entry("quan_a_q_fn.s", "query_quantizer.quantizer.scale"),
          Map.entry("quan_a_k_fn.s", "key_quantizer.quantizer.scale"),
          Map.entry("quan_a_v_fn.s", "value_quantizer.quantizer.scale"),
          Map.entry("quan_a_qkx_fn.s", "product_quantizer.quantizer.scale"),
          Map.entry("quan_a_softmax_fn.s", "probability_quantizer.quantizer.scale"),
          Map.entry("move_q_aft.bias", "query_quantizer.shift_after"),
          Map.entry("move_k_aft.bias", "key_quantizer.shift_after"),
          Map.entry("move_v_aft.bias", "value_quantizer.shift_after"),
          Map.entry("move_v_b4.bias", "value_quantizer.shift_before"),
          Map.entry("move_qkx_b4.bias", "product_quantizer.shift_before"),
          Map.entry("move_qkx_aft.bias", "product_quantizer.shift_after"),
          Map.entry("q.weight", "product.query"),
          Map.entry("k.weight", "product.key"));

  private static final String SHIFT_OF_ALL = "move_qkv_b4.bias";

  @Override
  public boolean recognises(SafeTensorsFile file) {
    return file.metadata().keySet().containsAll(List.of("module", "bits", "heads"));
  }

  @Override
  public double tolerance() {
    return 1e-5;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    Module module = module(file);
    Map<String, Tensor> state = tensors(file, "param.");
    module.stateDict().keySet().stream()
        .filter(name -> name.endsWith(".bits"))
        .forEach(name -> state.put(name, module.stateDict().get(name)));
    module.loadStateDict(state);
    Tensor input = Tensors.read(file, "input");
    input.set_requires_grad(true);
    Tensor output = module.forward(input);
    output.mul(Tensors.read(file, "grad_output")).sum().backward();
    deviation.compare("output", output, Tensors.read(file, "output"));
    deviation.compare("grad_input", input.grad(), Tensors.read(file, "grad_input"));
    Map<String, Tensor> gradients = tensors(file, "grad.");
    double size = input.grad().norm(new Scalar(2)).item_double();
    module
        .namedParameters()
        .forEach(
            (name, parameter) -> {
              if (!gradients.containsKey(name)) {
                throw new IllegalArgumentException("the gradient of '" + name + "' is missing");
              }
              // A shift of all keys changes no probability: its gradient is zero but for rounding.
              deviation.compare("grad." + name, parameter.grad(), gradients.get(name), size);
            });
  }

  private static Module module(SafeTensorsFile file) throws IOException {
    int bits = Tensors.number(file.metadata().get("bits"), "");
    int heads = Tensors.number(file.metadata().get("heads"), "");
    QuantizationConfiguration configuration = QuantizationConfiguration.of(bits, bits);
    long dimension = Tensors.read(file, "input").size(2);
    return switch (file.metadata().get("module")) {
      case "mlp" -> perceptron(bits, dimension, Tensors.read(file, "param.fc1.bias").size(0));
      case "attention" ->
          PrepareQuantization.withoutSample(configuration.withQueryKeyReparameterization(false))
              .apply(new Attention(AttentionConfiguration.of(dimension, heads)));
      case "attention_qkr" ->
          PrepareQuantization.withoutSample(configuration)
              .apply(new Attention(AttentionConfiguration.of(dimension, heads)));
      default ->
          throw new IllegalArgumentException(
              "the module must be mlp, attention or attention_qkr, but is "
                  + file.metadata().get("module"));
    };
  }

  private static Mlp perceptron(int bits, long features, long hidden) {
    Mlp mlp = new Mlp(features, hidden, 0);
    mlp.setSubmodule("fc1", linear(mlp, "fc1", bits, Signedness.SIGNED));
    mlp.setSubmodule("fc2", linear(mlp, "fc2", bits, Signedness.UNSIGNED));
    return mlp;
  }

  private static QuantizedLinear linear(Mlp mlp, String name, int bits, Signedness signedness) {
    Linear linear = (Linear) mlp.getSubmodule(name);
    return new QuantizedLinear(
        linear,
        Optional.of(
            ActivationQuantizerConfiguration.of(
                bits, Slice.INPUT, signedness, linear.inFeatures())),
        new StatsQ(bits));
  }

  /** The tensors with a prefix, under our names. */
  private static Map<String, Tensor> tensors(SafeTensorsFile file, String prefix)
      throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : file.tensors().keySet()) {
      if (name.startsWith(prefix) && !name.endsWith("clip_val")) {
        String theirs = name.substring(prefix.length());
        if (theirs.equals(SHIFT_OF_ALL)) {
          TensorVector parts = file.read(name).chunk(3, 0);
          tensors.put("query_quantizer.shift_before", parts.get(0));
          tensors.put("key_quantizer.shift_before", parts.get(1));
          tensors.put("value_quantizer.shift_before", parts.get(2));
        } else {
          tensors.put(ours(theirs), file.read(name));
        }
      }
    }
    return tensors;
  }

  private static String ours(String theirs) {
    for (Map.Entry<String, String> name : NAMES) {
      if (theirs.equals(name.getKey()) || theirs.endsWith("." + name.getKey())) {
        return theirs.substring(0, theirs.length() - name.getKey().length()) + name.getValue();
      }
    }
    return theirs.replaceFirst("(^|\\.)(\\w+)\\.weight$", "$1$2.parametrizations.weight.original");
  }
}
