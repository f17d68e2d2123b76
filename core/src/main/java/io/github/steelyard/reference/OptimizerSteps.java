package io.github.steelyard.reference;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.Optimizer;
import io.github.steelyard.optim.Optimizers;
import io.github.steelyard.optim.ParameterGroup;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The weights after each step of an optimizer that is fed given gradients. Metadata: {@code
 * optimizer}, {@code hyperparameters} (JSON, PyTorch's names), {@code steps}, {@code order} (JSON
 * list of parameter names). Tensors: {@code initial.<p>}, then for step t from 1 {@code
 * step<t>.grad.<p>} and {@code step<t>.param.<p>}.
 */
final class OptimizerSteps implements ReferenceKind {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int MOST_STEPS = 100_000;

  @Override
  public boolean recognises(SafeTensorsFile file) {
    return file.metadata()
        .keySet()
        .containsAll(List.of("optimizer", "hyperparameters", "steps", "order"));
  }

  @Override
  public double tolerance() {
    return 2e-6;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    for (String name : order(file)) {
      parameters.put(name, new Parameter(Tensors.read(file, "initial." + name)));
    }
    Optimizer optimizer = optimizer(file, parameters);
    int steps = steps(file);
    for (int step = 1; step <= steps; step++) {
      for (Map.Entry<String, Parameter> entry : parameters.entrySet()) {
        Tensor gradient = Tensors.read(file, "step" + step + ".grad." + entry.getKey());
        entry.getValue().tensor().mutable_grad().put(gradient);
      }
      optimizer.step();
      for (Map.Entry<String, Parameter> entry : parameters.entrySet()) {
        String expected = "step" + step + ".param." + entry.getKey();
        deviation.compare(expected, entry.getValue().tensor(), Tensors.read(file, expected));
      }
    }
  }

  private static List<String> order(SafeTensorsFile file) {
    List<String> order = json(file, "order", new TypeReference<List<String>>() {});
    if (order.isEmpty()) {
      throw new IllegalArgumentException("the metadata 'order' names no parameter");
    }
    return order;
  }

  private static int steps(SafeTensorsFile file) {
    int steps = json(file, "steps", new TypeReference<Integer>() {});
    if (steps < 1 || steps > MOST_STEPS) {
      throw new IllegalArgumentException(
          "the metadata 'steps' must be from 1 to " + MOST_STEPS + ", but is " + steps);
    }
    return steps;
  }

  private static Optimizer optimizer(SafeTensorsFile file, Map<String, Parameter> parameters) {
    Map<String, Object> options =
        json(file, "hyperparameters", new TypeReference<LinkedHashMap<String, Object>>() {});
    double learningRate = number(options, "lr");
    double weightDecay = number(options, "weight_decay");
    if (options.remove("betas") instanceof List<?> betas && betas.size() == 2) {
      options.put("beta1", betas.get(0));
      options.put("beta2", betas.get(1));
    }
    return Optimizers.create(
        file.metadata().get("optimizer").toLowerCase(Locale.ROOT),
        List.of(new ParameterGroup("all", parameters, learningRate, weightDecay)),
        options);
  }

  private static double number(Map<String, Object> options, String name) {
    if (options.remove(name) instanceof Number number) {
      return number.doubleValue();
    }
    throw new IllegalArgumentException("the metadata 'hyperparameters' lacks the number " + name);
  }

  private static <T> T json(SafeTensorsFile file, String key, TypeReference<T> type) {
    T value;
    try {
      value = JSON.readValue(file.metadata().get(key), type);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "the metadata '" + key + "' cannot be understood: " + file.metadata().get(key), e);
    }
    if (value == null) {
      throw new IllegalArgumentException("the metadata '" + key + "' is null");
    }
    return value;
  }
}
