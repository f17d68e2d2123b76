package io.github.steelyard.io;

import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Memory;
import io.github.steelyard.runtime.Suggestion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
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

  /** How the metadata begin that this program writes. */
  private static final String OWN = "steelyard.";

  private static final System.Logger LOG = System.getLogger(SafeTensorsFile.class.getName());

  private final Path file;
  private final FileChannel channel;
  private final Map<String, String> metadata;
  private final Map<String, TensorInfo> tensors;
  private final Map<String, Integer> checksums;
  private final boolean isOld;
  private final AtomicBoolean toldOld = new AtomicBoolean();

  private SafeTensorsFile(
      Path file, FileChannel channel, SafeTensorsHeader header, Map<String, Integer> checksums) {
    this.file = file;
    this.channel = channel;
    this.metadata = Collections.unmodifiableMap(header.metadata());
    Map<String, TensorInfo> byName = new LinkedHashMap<>();
    header.tensors().forEach(tensor -> byName.put(tensor.name(), tensor));
    this.tensors = Collections.unmodifiableMap(byName);
    this.checksums = checksums;
    isOld = checksums == null && metadata.keySet().stream().anyMatch(key -> key.startsWith(OWN));
  }

  /** Compares the header with the checksum that it carries, if it does. */
  static SafeTensorsFile of(Path file, FileChannel channel, SafeTensorsHeader header)
      throws FileFormatException {
    String carried = header.metadata().remove(FileChecksum.KEY);
    Map<String, Integer> checksums = new HashMap<>();
    if (carried != null) {
      FileChecksum written =
          FileChecksum.parse(carried, header.tensors().size())
              .orElseThrow(
                  () ->
                      new FileFormatException(
                          file, "is damaged: its checksums are not those of its tensors"));
      FileChecksum found = FileChecksum.of(header.metadata(), header.tensors(), written.tensors());
      if (found.header() != written.header()) {
        throw damaged(file, "names, shapes and metadata", found.header(), written.header());
      }
      for (int i = 0; i < header.tensors().size(); i++) {
        checksums.put(header.tensors().get(i).name(), written.tensors().get(i));
      }
    }
    return new SafeTensorsFile(file, channel, header, carried == null ? null : checksums);
  }

  private static FileFormatException damaged(Path file, String what, int found, int written) {
    return new FileFormatException(
        file,
        "is damaged, or was changed after it was written: the checksum of its %s is %08x, not %08x"
            .formatted(what, found, written));
  }

  /**
   * Whether the file carries a checksum of all that it holds, with which everything that is read is
   * compared.
   *
   * @return false for files of other programs, and of builds of this one before there was one
   */
  public boolean hasChecksum() {
    return checksums != null;
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
   * The free text that the writer stored, without the checksum.
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
   * @throws FileFormatException if libtorch has no such element type, the file became shorter, or
   *     the data are not those that were written
   * @throws IOException if the file cannot be read
   */
  public Tensor read(String name) throws IOException {
    TensorInfo info = tensors.get(name);
    if (info == null) {
      throw new IllegalArgumentException(
          file
              + " has no tensor '"
              + SafeTensorsHeader.shortened(name)
              + "'"
              + Suggestion.clause(name, tensors.keySet()));
    }
    ScalarType type =
        info.dtype()
            .scalarType()
            .orElseThrow(
                () ->
                    new FileFormatException(
                        file,
                        "the tensor '"
                            + SafeTensorsHeader.shortened(name)
                            + "' is of type "
                            + info.dtype()
                            + ", which libtorch cannot hold; convert it when exporting"));
    if (isOld && !toldOld.getAndSet(true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} is from before files carried a checksum of all that they hold: if it is damaged,"
              + " that may not show",
          file);
    }
    Engine.start();
    requireMemory(info.bytes(), "the tensor '" + SafeTensorsHeader.shortened(name) + "'");
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
    requireMemory(
        tensors.values().stream().mapToLong(TensorInfo::bytes).sum(), "what the file holds");
    Map<String, Tensor> all = new LinkedHashMap<>();
    for (String name : tensors.keySet()) {
      all.put(name, read(name));
    }
    return all;
  }

  private void requireMemory(long bytes, String what) throws FileFormatException {
    try {
      Memory.require(bytes, what);
    } catch (IllegalArgumentException e) {
      throw new FileFormatException(file, e.getMessage(), e);
    }
  }

  private void copy(TensorInfo info, Tensor tensor) throws IOException {
    CRC32C sum = new CRC32C();
    for (long done = 0; done < info.bytes(); done += WINDOW) {
      int length = (int) Math.min(WINDOW, info.bytes() - done);
      if (channel.size() < info.begin() + done + length) {
        throw shortened(info, null);
      }
      try (MappedWindow window = new MappedWindow(channel, info.begin() + done, length)) {
        window.copyTo(memory(tensor, done, length), hasChecksum() ? sum::update : bytes -> {});
      } catch (IOException e) {
        throw channel.size() < info.begin() + done + length ? shortened(info, e) : e;
      }
    }
    if (hasChecksum() && (int) sum.getValue() != checksums.get(info.name())) {
      throw damaged(
          file,
          "tensor '" + SafeTensorsHeader.shortened(info.name()) + "'",
          (int) sum.getValue(),
          checksums.get(info.name()));
    }
  }

  private FileFormatException shortened(TensorInfo info, Throwable cause) {
    return new FileFormatException(
        file,
        "the file became shorter while '" + SafeTensorsHeader.shortened(info.name()) + "' was read",
        cause);
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
