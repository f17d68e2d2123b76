package io.github.steelyard.quant;

/** How weights inside the network are quantized. */
public enum WeightMethod {
  /** {@link StatsQ}: the scale follows from the weight. */
  STATSQ {
    @Override
    WeightQuantizer create(int bits) {
      return new StatsQ(bits);
    }
  },
  /** {@link Lsq}: the scale is learned. */
  LSQ {
    @Override
    WeightQuantizer create(int bits) {
      return new Lsq(bits, Slice.OUTPUT_CHANNEL, Signedness.SIGNED);
    }
  };

  abstract WeightQuantizer create(int bits);
}
