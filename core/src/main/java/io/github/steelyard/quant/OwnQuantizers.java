package io.github.steelyard.quant;

import java.util.List;

/** Brings the quantizers of this room. */
public final class OwnQuantizers implements QuantizerProvider {
  /** Called by {@link java.util.ServiceLoader}. */
  public OwnQuantizers() {}

  @Override
  public List<QuantizerEntry<?>> quantizers() {
    return List.of(
        new QuantizerEntry<>(
            StatsQ.NAME, "the scale follows from the weight", StatsQ.class, 1, 8, StatsQ::new),
        new QuantizerEntry<>(
            Lsq.NAME,
            "the scale is learned",
            Lsq.class,
            1,
            8,
            bits -> new Lsq(bits, Slice.OUTPUT_CHANNEL, Signedness.SIGNED)));
  }
}
