package io.github.steelyard.interaction;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Tap;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Runs the part of a network between two taps, on any activation in place of its own. */
final class PartialForward {
  private final Module model;
  private final Map<String, Tap> taps;
  private final BiasCarrier carrier;
  private final Tensor example;

  /**
   * Prepares runs.
   *
   * @param carrier tells the layers with biases what the constant coordinate is
   * @param inputs some inputs of the network
   */
  PartialForward(Module model, Map<String, Tap> taps, BiasCarrier carrier, Tensor inputs) {
    this.model = model;
    this.taps = taps;
    this.carrier = carrier;
    this.example = Scope.keep(Scope.computeWithoutGradient(() -> inputs.narrow(0, 0, 1).clone()));
  }

  /** Ends a forward pass at the layer that was asked for; nobody sees it. */
  private static final class Reached extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Reached() {
      super(null, null, false, false);
    }
  }

  /** Runs from one layer to another, or to the output if there is none. */
  Tensor run(NodeLayer from, Tensor activation, NodeLayer to) {
    Tensor features = activation.narrow(2, 0, from.features());
    Tensor start = from.sequence() ? features : features.squeeze(1);
    Tensor constant = activation.select(2, from.features());
    boolean recording = GradMode.is_enabled();
    boolean stops = to != null && to.constant();
    Tensor[] end = new Tensor[1];
    List<Tap.Registration> registrations = new ArrayList<>();
    carrier.set(null);
    // What comes before the first tap is computed for any input at all and thrown away.
    GradMode.set_enabled(false);
    try {
      registrations.add(
          taps.get(from.name())
              .edit(
                  ignored -> {
                    GradMode.set_enabled(recording);
                    carrier.set(constant);
                    return start;
                  }));
      if (stops) {
        registrations.add(
            taps.get(to.name())
                .observe(
                    reached -> {
                      end[0] = reached;
                      throw new Reached();
                    }));
      }
      Tensor output = model.forward(repeated(activation.size(0)));
      return to == null ? output : withPositions(output);
    } catch (Reached e) {
      Tensor positions = withPositions(end[0]);
      return append(positions, carrier.at(positions.size(1)).unsqueeze(2));
    } finally {
      registrations.forEach(Tap.Registration::close);
      carrier.set(null);
      GradMode.set_enabled(recording);
    }
  }

  private Tensor repeated(long n) {
    long[] shape = example.shape();
    shape[0] = n;
    return example.expand(shape);
  }

  /** An activation of one position without saying so becomes [n, 1, features]. */
  static Tensor withPositions(Tensor activation) {
    return activation.dim() == 3 ? activation : activation.unsqueeze(1);
  }

  /** Adds the constant coordinate to an activation of the network itself, where it is 1. */
  static Tensor withOnes(Tensor activation) {
    Tensor positions = withPositions(activation);
    return append(positions, torch.ones_like(positions.narrow(2, 0, 1)));
  }

  private static Tensor append(Tensor activation, Tensor constant) {
    return torch.cat(new TensorVector(activation, constant), 2);
  }
}
