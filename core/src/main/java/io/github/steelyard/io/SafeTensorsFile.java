package io.github.steelyard.io;

import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Suggestion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * An open safetensors file. The header was checked when it was opened; data is mapped and copied
 * tensor by tensor when it is asked for, so a file of any size costs the memory of the tensors that
 * are read. Safe for use by several threads.
 *
 * <p>Tensors are copies in the processor's memory: they stay valid when the file is closed,
 * replaced or cut short.
 */
public final class SafeTensorsFile implements AutoCloseable {
  /** A mapping is at most {@link Integer#MAX_VALUE} bytes; a power of two keeps pages aligned. */
  private static final long WINDOW = 1L << 28;

  private final Path file;
  private final FileChannel channel;
  private final Map<String, String> metadata;
  private final Map<String, TensorInfo> tensors;

  SafeTensorsFile(Path file, FileChannel channel, SafeTensorsHeader header) {
    this.file = file;
    this.channel = channel;
    this.metadata = Collections.unmodifiableMap(header.metadata());
    Map<String, TensorInfo> byName = new LinkedHashMap<>();
    header.tensors().forEach(tensor -> byName.put(tensor.name(), tensor));
    this.tensors = Collections.unmodifiableMap(byName);
  }

  /**
   * The file.
   *
   * @return its path as it was given
   */
  public Path path() {
    return file;
  }

  /**
   * The free text that the writer stored.
   *
   * @return unmodifiable, in the header's order; empty if there is none
   */
  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * What the file holds.
   *
   * @return unmodifiable, by name, in the order of the data
   */
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  /**
   * Reads one tensor.
   *
   * @param name its name
   * @return a new contiguous tensor on the processor, of the file's type and shape, owned by the
   *     current scope
   * @throws IllegalArgumentException if there is no such tensor; the message names the nearest
   * @throws FileFormatException if libtorch has no such element type, or the file became shorter
   * @throws IOException if the file cannot be read
   */
  public Tensor read(String name) throws IOException {
    TensorInfo info = tensors.get(name);
    if (info == null) {
      throw new IllegalArgumentException(
          file + " has no tensor '" + name + "'" + Suggestion.clause(name, tensors.keySet()));
    }
    ScalarType type =
        info.dtype()
            .scalarType()
            .orElseThrow(
                () ->
                    new FileFormatException(
                        file,
                        "the tensor '"
                            + name
                            + "' is of type "
                            + info.dtype()
                            + ", which libtorch cannot hold; convert it when exporting"));
    Engine.start();
    Tensor tensor = torch.empty(info.shape(), new TensorOptions(type), new MemoryFormatOptional());
    copy(info, tensor);
    return tensor;
  }

  /**
   * Reads all tensors.
   *
   * @return a new map in the order of the data; the tensors are owned by the current scope
   * @throws FileFormatException if libtorch has no such element type, or the file became shorter
   * @throws IOException if the file cannot be read
   */
  public Map<String, Tensor> readAll() throws IOException {
    Map<String, Tensor> all = new LinkedHashMap<>();
    for (String name : tensors.keySet()) {
      all.put(name, read(name));
    }
    return all;
  }

  private void copy(TensorInfo info, Tensor tensor) throws IOException {
    for (long done = 0; done < info.bytes(); done += WINDOW) {
      int length = (int) Math.min(WINDOW, info.bytes() - done);
      if (channel.size() < info.begin() + done + length) {
        throw shortened(info, null);
      }
      try (MappedWindow window = new MappedWindow(channel, info.begin() + done, length)) {
        window.copyTo(memory(tensor, done, length));
      } catch (IOException e) {
        throw channel.size() < info.begin() + done + length ? shortened(info, e) : e;
      }
    }
  }

  private FileFormatException shortened(TensorInfo info, Throwable cause) {
    return new FileFormatException(
        file, "the file became shorter while '" + info.name() + "' was read", cause);
  }

  /** A window into the memory of a contiguous tensor on the processor. */
  static ByteBuffer memory(Tensor tensor, long offset, int length) {
    BytePointer start = new BytePointer(tensor.data_ptr()).getPointer(offset);
    return start.capacity(length).asByteBuffer();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
