package io.github.steelyard.robust;

import io.github.steelyard.nn.ChannelChain;
import io.github.steelyard.nn.ChannelRemoval;
import io.github.steelyard.nn.EvaluationMode;
import io.github.steelyard.nn.Linear;
import io.github.steelyard.nn.ModelTransform;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.export.ExportableWeight;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Ends training with gates: channels that gates closed are taken out of the network for good, and
 * the other gates are multiplied into the weights. The smaller network computes the same logits, up
 * to rounding.
 *
 * <p>A closed channel is 0 before the normalization behind it and often some other constant after
 * it, which the next layer sees. So of the closed channels whose constant is not 0, one stays in
 * each layer and carries all of them: the next layer's weights for it are the sum of theirs,
 * weighted by the constants. What a channel is after normalization, activation and pooling is
 * observed in one forward pass, so that it need not be known what stands between two layers; a
 * closed channel that is not constant there (an average over padding) stays.
 *
 * <p>A channel counts as closed if all its weights are 0 in evaluation mode, whatever made them so:
 * its gate, or a mask. All parametrizations of the layers on both sides are made part of the
 * weights; {@link MagnitudePruning#keepZeros} puts masks on again. Make a new optimizer afterwards.
 * A state dict loads into a fresh model after {@link ChannelRemoval#fit}.
 */
public final class RemoveClosedChannels implements ModelTransform {
  private final Tensor sample;

  /**
   * What happened to a layer.
   *
   * @param path the layer that made the channels
   * @param channels how many it had
   * @param kept how many it has now
   * @param closed how many were closed
   * @param carriesConstant whether one of those that were kept is a closed one, for the constants
   *     of all
   */
  public record Removed(
      String path, long channels, long kept, long closed, boolean carriesConstant) {
    /**
     * The same in words.
     *
     * @return a sentence
     */
    public String describe() {
      String text = path + ": " + kept + " of " + channels + " channels stay";
      if (closed == channels) {
        text += "; all its gates closed, and one channel stays, since a layer needs one";
      } else if (carriesConstant) {
        text += ", one of them closed, for what the closed ones add behind their normalization";
      }
      return text;
    }
  }

  /**
   * Creates the transform.
   *
   * @param sample inputs for one forward pass, such as a batch of the training data
   */
  public RemoveClosedChannels(Tensor sample) {
    this.sample = sample;
  }

  /**
   * Removes closed channels in place.
   *
   * @param model a model with gates
   * @return the same model, smaller and without gates
   * @throws IllegalArgumentException if the model has no gates, or a weight beside them is
   *     quantized; the model is then unchanged
   */
  @Override
  public Module apply(Module model) {
    remove(model);
    return model;
  }

  /**
   * Removes closed channels in place and tells what was done.
   *
   * @param model a model with gates
   * @return one entry for each layer whose channels could be removed, in the model's order
   * @throws IllegalArgumentException if the model has no gates, or a weight beside them is
   *     quantized; the model is then unchanged
   */
  public List<Removed> remove(Module model) {
    Map<String, HardConcreteGate> gates = HardConcreteGate.of(model);
    if (gates.isEmpty()) {
      throw new IllegalArgumentException(model + " has no gates, so that none of them is closed");
    }
    List<ChannelChain> chains = new ArrayList<>(AddGates.closable(model));
    chains.removeIf(c -> !gates.containsKey(c.producer()) && !gates.containsKey(c.consumer()));
    gates.keySet().forEach(path -> requireUnquantized(model, path));
    chains.forEach(chain -> requireUnquantized(model, chain.producer()));
    chains.forEach(chain -> requireUnquantized(model, chain.consumer()));
    List<Removed> report = new ArrayList<>();
    Scope.withoutGradient(
        () -> {
          Map<ChannelChain, Channels> found = new LinkedHashMap<>();
          List<String> consumers = chains.stream().map(ChannelChain::consumer).toList();
          Map<String, LayerProbe.Seen> seen = LayerProbe.run(model, consumers, sample);
          EvaluationMode.compute(
              model,
              () -> {
                for (ChannelChain chain : chains) {
                  found.put(chain, Channels.of(model, chain, input(seen, chain)));
                }
                gates.keySet().forEach(path -> materialize(model, path));
                found.keySet().forEach(chain -> materialize(model, chain.producer()));
                found.keySet().forEach(chain -> materialize(model, chain.consumer()));
                return null;
              });
          found.forEach((chain, channels) -> report.add(channels.remove(model, chain)));
        });
    return report;
  }

  private static Tensor input(Map<String, LayerProbe.Seen> seen, ChannelChain chain) {
    LayerProbe.Seen pass = seen.get(chain.consumer());
    if (pass == null) {
      throw new IllegalArgumentException(
          "'" + chain.consumer() + "' did not run when the sample passed the model");
    }
    return pass.input();
  }

  private static void materialize(Module model, String path) {
    model.getSubmodule(path).ownParameters().values().forEach(Parameter::materialize);
  }

  private static void requireUnquantized(Module model, String path) {
    Parameter weight = model.getSubmodule(path).ownParameters().get("weight");
    if (weight.parametrizations().stream().anyMatch(ExportableWeight.class::isInstance)) {
      throw new IllegalArgumentException(
          "the weight of '" + path + "' is quantized; remove closed channels first, then quantize");
    }
  }

  /** The channels of a chain: which are closed, and what the next layer sees of them. */
  private record Channels(Tensor closed, Tensor removable, Tensor constants) {
    static Channels of(Module model, ChannelChain chain, Tensor input) {
      Parameter weight = ChannelRemoval.weight(model.getSubmodule(chain.producer()));
      Tensor zeroRows = isZero(weight.value().flatten(1, -1));
      long channels = zeroRows.numel();
      Tensor taken = ChannelRemoval.weight(model.getSubmodule(chain.consumer())).value();
      Tensor zeroColumns = isZero(taken.transpose(0, 1).reshape(channels, -1));
      // [channels, everything]
      Tensor values = perChannel(input, channels, model.getSubmodule(chain.consumer()));
      Tensor constants = values.amax(new long[] {1}, false);
      Tensor still = constants.eq(values.amin(new long[] {1}, false));
      Tensor closed = zeroRows.logical_or(zeroColumns);
      Tensor removable = zeroRows.logical_and(still).logical_or(zeroColumns);
      Tensor seen = constants.masked_fill(zeroColumns, new Scalar(0.0));
      return new Channels(closed, removable, seen);
    }

    private static Tensor isZero(Tensor rows) {
      return rows.eq(new Scalar(0.0)).all(1);
    }

    private static Tensor perChannel(Tensor input, long channels, Module consumer) {
      // A linear layer takes several positions of each channel, one after another.
      Tensor apart =
          consumer instanceof Linear
              ? input.reshape(-1, channels, input.size(input.dim() - 1) / channels)
              : input;
      return apart.transpose(0, 1).reshape(channels, -1);
    }

    Removed remove(Module model, ChannelChain chain) {
      long channels = closed.numel();
      long carrier = carrier();
      Tensor kept = removable.logical_not();
      if (carrier >= 0) {
        fold(ChannelRemoval.weight(model.getSubmodule(chain.consumer())), carrier);
        kept.select(0, carrier).fill_(new Scalar(1.0));
      } else if (!kept.any().item_bool()) {
        kept.select(0, 0).fill_(new Scalar(1.0));
      }
      Tensor indices = kept.nonzero().reshape(-1);
      if (indices.numel() < channels) {
        new ChannelRemoval(model, chain).keep(indices);
      }
      return new Removed(
          chain.producer(), channels, indices.numel(), closed.sum().item_long(), carrier >= 0);
    }

    /** The removable channel of the largest constant; -1 if all constants are 0. */
    private long carrier() {
      Tensor sizes = constants.abs().masked_fill(removable.logical_not(), new Scalar(0.0));
      long largest = sizes.argmax().item_long();
      return sizes.select(0, largest).item_double() > 0 ? largest : -1;
    }

    /** Gives the weights that take the carrier the share of all removable channels. */
    private void fold(Parameter weight, long carrier) {
      Tensor shares =
          constants
              .to(ScalarType.Double)
              .mul(removable.to(ScalarType.Double))
              .div(constants.select(0, carrier).to(ScalarType.Double));
      Tensor value = weight.tensor();
      // [out, channels, positions]
      Tensor apart = value.reshape(value.size(0), closed.numel(), -1);
      Tensor sum = apart.to(ScalarType.Double).mul(shares.reshape(1, -1, 1)).sum(1);
      Tensor folded = apart.clone();
      folded.select(1, carrier).copy_(sum);
      value.copy_(folded.reshape(value.shape()));
    }
  }
}
