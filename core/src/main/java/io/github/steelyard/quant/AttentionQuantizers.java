package io.github.steelyard.quant;

import io.github.steelyard.nn.Identity;
import io.github.steelyard.nn.Module;
import java.util.Optional;

/** The quantizers of activations inside an attention, or none. */
final class AttentionQuantizers {
  private AttentionQuantizers() {}

  static Module of(Optional<Integer> bits, Slice slice, Signedness signedness, long shifts) {
    return make(bits, slice, signedness, shifts, 1);
  }

  static Module ofHeads(Optional<Integer> bits, long heads, long shifts) {
    return make(bits, Slice.TOKEN, Signedness.SIGNED, shifts, heads);
  }

  private static Module make(
      Optional<Integer> bits, Slice slice, Signedness signedness, long shifts, long heads) {
    return bits.<Module>map(
            b ->
                new ActivationQuantizer(
                    new ActivationQuantizerConfiguration(b, slice, signedness, shifts, heads)))
        .orElseGet(Identity::new);
  }
}
