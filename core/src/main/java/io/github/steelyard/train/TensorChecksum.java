package io.github.steelyard.train;

import io.github.steelyard.runtime.Scope;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32C;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;

/** The CRC-32C over names and bytes of tensors, in the order of the map. */
public final class TensorChecksum {
  /** Java sees at most 2 GiB of memory at once. */
  private static final long WINDOW = 1L << 28;

  private TensorChecksum() {}

  /**
   * The checksum.
   *
   * @param tensors tensors by name, on any device
   * @return eight hexadecimal digits
   */
  public static String of(Map<String, Tensor> tensors) {
    CRC32C checksum = new CRC32C();
    tensors.forEach(
        (name, tensor) -> {
          checksum.update(name.getBytes(StandardCharsets.UTF_8));
          Scope.withoutGradient(() -> add(checksum, tensor.detach().cpu().contiguous()));
        });
    return "%08x".formatted(checksum.getValue());
  }

  private static void add(CRC32C checksum, Tensor tensor) {
    long size = tensor.numel() * tensor.element_size();
    for (long done = 0; done < size; done += WINDOW) {
      int length = (int) Math.min(WINDOW, size - done);
      BytePointer start = new BytePointer(tensor.data_ptr());
      ByteBuffer bytes = start.capacity(done + length).position(done).asByteBuffer();
      checksum.update(bytes);
    }
  }
}
