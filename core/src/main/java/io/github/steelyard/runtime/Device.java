package io.github.steelyard.runtime;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Where tensors live and operations run. A device is checked when it is made: asking for one that
 * this machine does not have fails, and nothing falls back to the processor.
 *
 * @param kind {@code cpu} or {@code cuda}
 * @param index which one of that kind, from 0; always 0 for {@code cpu}
 */
public record Device(String kind, int index) {
  /** The processor. */
  public static final Device CPU = new Device("cpu", 0);

  private static final Pattern FORM = Pattern.compile("(cpu|cuda)(?::(\\d{1,3}))?");

  /**
   * Checks that the device exists.
   *
   * @param kind {@code cpu} or {@code cuda}
   * @param index which one of that kind, from 0
   * @throws IllegalArgumentException if the kind is unknown, the index is out of range or no such
   *     device can be used
   */
  public Device {
    switch (kind) {
      case "cpu" -> {
        if (index != 0) {
          throw new IllegalArgumentException("there is one cpu device, not cpu:" + index);
        }
      }
      case "cuda" -> {
        int gpus = gpus();
        if (index < 0 || index >= gpus) {
          throw new IllegalArgumentException(
              "device cuda:" + index + " does not exist; there are " + gpus + " from cuda:0");
        }
      }
      default ->
          throw new IllegalArgumentException(
              "unknown device '" + kind + "'; valid are cpu, cuda and cuda:N");
    }
  }

  /**
   * Reads a device as a person writes it.
   *
   * @param text {@code cpu}, {@code cuda} or {@code cuda:N}; of several {@linkplain
   *     Distributed#current() processes}, {@code cuda} gives each the GPU of its {@link
   *     Distributed#localRank()}
   * @return the device
   * @throws IllegalArgumentException if the text is none of these or the device cannot be used
   */
  public static Device of(String text) {
    Matcher matcher = FORM.matcher(text.trim().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "unknown device '" + text + "'; valid are cpu, cuda and cuda:N");
    }
    String kind = matcher.group(1);
    String index = matcher.group(2);
    if (index != null) {
      return new Device(kind, Integer.parseInt(index));
    }
    return kind.equals("cpu")
        ? CPU
        : new Device(kind, own(Distributed.current().localRank(), gpus()));
  }

  /**
   * Where a tensor is.
   *
   * @param tensor any tensor
   * @return its device
   * @throws IllegalArgumentException if it is on a device that is neither cpu nor cuda
   */
  public static Device of(Tensor tensor) {
    return of(tensor.device().str().getString());
  }

  /** The number of a process's own GPU among those that it sees. */
  static int own(int localRank, int gpus) {
    if (localRank >= gpus) {
      throw new IllegalArgumentException(
          "LOCAL_RANK is %d, but there are %d GPUs from 0; start one process for each GPU,"
                  .formatted(localRank, gpus)
              + " or set LOCAL_RANK=0 where each sees its own GPU only (CUDA_VISIBLE_DEVICES)");
    }
    return localRank;
  }

  private static int gpus() {
    Engine.start();
    if (!torch.cuda_is_available()) {
      throw new IllegalArgumentException(
          "device cuda is not available: "
              + (torch.hasCUDA()
                  ? "no usable NVIDIA GPU or driver was found"
                  : "this build runs on the cpu only; build with the Maven profile gpu")
              + ". Use --device cpu to run on the processor");
    }
    return torch.cuda_device_count();
  }

  /**
   * The same device in libtorch's terms.
   *
   * @return a new libtorch device
   */
  public org.bytedeco.pytorch.Device torch() {
    Engine.start();
    return new org.bytedeco.pytorch.Device(toString());
  }

  @Override
  public String toString() {
    return kind.equals("cpu") ? "cpu" : kind + ":" + index;
  }
}
