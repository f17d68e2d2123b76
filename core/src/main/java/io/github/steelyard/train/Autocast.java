package io.github.steelyard.train;

import io.github.steelyard.runtime.Device;
import java.util.function.Supplier;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Runs a forward pass in a {@link Precision}. */
final class Autocast {
  private Autocast() {}

  static <T> T compute(Precision precision, Device device, Supplier<T> work) {
    if (precision == Precision.FLOAT32) {
      return work.get();
    }
    DeviceType type = device.kind().equals("cpu") ? DeviceType.CPU : DeviceType.CUDA;
    boolean before = torch.is_autocast_enabled(type);
    torch.set_autocast_enabled(type, true);
    torch.set_autocast_dtype(type, ScalarType.BFloat16);
    torch.increment_nesting();
    try {
      return work.get();
    } finally {
      if (torch.decrement_nesting() == 0) {
        torch.clear_cache(); // It holds bfloat16 copies of weights that are about to change.
      }
      torch.set_autocast_enabled(type, before);
    }
  }
}
