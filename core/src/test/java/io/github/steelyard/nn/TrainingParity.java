package io.github.steelyard.nn;

import static io.github.steelyard.nn.Reference.assertClose;
import static io.github.steelyard.nn.Reference.noise;

import io.github.steelyard.runtime.Scope;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What three passes in training mode and one backward give, against {@code layers.safetensors}. */
public final class TrainingParity {
  private static final double TOLERANCE = 1e-5;
  private final Map<String, Tensor> expected = Reference.tensors("layers.safetensors");

  /** Reads the reference file. */
  public TrainingParity() {}

  /** One stored tensor. */
  Tensor expected(String name) {
    return expected.get(name);
  }

  /** Output, gradients of input and parameters, and running statistics of a layer. */
  public void assertLayer(String name, Module layer, long... shape) {
    Scope.run(
        () -> {
          Tensor input = input(shape);
          Tensor output = runThreeTimesAndBackward(layer, input);
          assertClose("output", output, expected.get(name + ".output"), TOLERANCE);
          assertClose("grad_input", input.grad(), expected.get(name + ".grad_input"), TOLERANCE);
          layer
              .namedParameters()
              .forEach(
                  (path, parameter) ->
                      assertClose(
                          path, parameter.grad(), expected.get(name + ".grad." + path), TOLERANCE));
          assertBuffers(name, layer);
        });
  }

  /** The same of a network, with norm and projection of each parameter's gradient. */
  public void assertNetwork(String name, Module model, long... shape) {
    Scope.run(
        () -> {
          Tensor output = runThreeTimesAndBackward(model, input(shape));
          assertClose("output", output, expected.get(name + ".output"), 1e-4);
          model
              .namedParameters()
              .forEach(
                  (path, parameter) -> {
                    Tensor gradient = parameter.grad();
                    Tensor along =
                        noise(1002, parameter.shape()).to(ScalarType.Float).mul(gradient).sum();
                    Tensor summary =
                        torch.stack(new TensorVector(gradient.norm(new Scalar(2.0)), along));
                    // Before a normalization a bias has gradient 0: only rounding is compared.
                    assertClose(path, summary, expected.get(name + ".grad." + path), 2e-4);
                  });
          assertBuffers(name, model);
        });
  }

  private void assertBuffers(String name, Module module) {
    module
        .namedBuffers()
        .forEach(
            (path, buffer) -> {
              if (buffer.isPersistent()) {
                assertClose(
                    path, buffer.tensor(), expected.get(name + ".buffer." + path), TOLERANCE);
              }
            });
  }

  /** Values in [-2, 2) that look random and need gradients. */
  static Tensor input(long... shape) {
    Tensor input = noise(1000, shape).mul(new Scalar(2.0)).to(ScalarType.Float);
    input.set_requires_grad(true);
    return input;
  }

  private static Tensor runThreeTimesAndBackward(Module module, Tensor input) {
    module.forward(input);
    module.forward(input);
    Tensor output = module.forward(input);
    output.mul(noise(1001, output.shape()).to(ScalarType.Float)).sum().backward();
    return output;
  }
}
