package io.github.steelyard.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.bytedeco.pytorch.Tensor;

/**
 * The safetensors format: named tensors and free text in one file, readable without running code.
 *
 * <p>Reading is strict, as in the reference implementation: the header is at most 100 MB of UTF-8
 * JSON, sizes match shapes without overflow, and the tensors cover the file without overlap or gap.
 * Beyond it, duplicate keys are refused, as the format demands.
 *
 * <p>Writing is deterministic and equals the Python library byte for byte as far as that is
 * deterministic itself: tensors by falling alignment of their type ({@link DType} from the last to
 * the first), then by name in UTF-8 order; the header padded with spaces to a multiple of 8 bytes,
 * so that each tensor lies aligned to its element size. Metadata, which the Python library writes
 * in random order, is sorted by key.
 *
 * <p>What is written carries a checksum of all that is in it, as the metadata {@code
 * steelyard.checksums} (other programs pass it over), and what is read is compared with it. Files
 * of other programs have none.
 */
public final class SafeTensors {
  /** Bounds the buffer that Java needs to see a tensor's memory. */
  private static final long WINDOW = 1L << 28;

  private SafeTensors() {}

  /**
   * Opens a file and checks its header.
   *
   * @param file a safetensors file
   * @return the open file; close it
   * @throws FileFormatException if it is not a valid safetensors file, or its header is not what
   *     was written; the message says why
   * @throws IOException if it cannot be read
   */
  public static SafeTensorsFile open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return SafeTensorsFile.of(file, channel, SafeTensorsHeader.read(file, channel));
    } catch (IOException | RuntimeException | Error e) {
      try {
        channel.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  /**
   * Writes a file whole or not at all. Tensors on other devices and with other strides are copied
   * one at a time; the file always holds contiguous data.
   *
   * @param file the file to create or replace; its folder must exist
   * @param tensors tensors by name, of any shape, with an element type that {@link DType} lists
   * @param metadata free text by key; empty for none but the checksum
   * @throws IllegalArgumentException if a tensor is undefined, sparse or of a type that the format
   *     does not have, or a name is reserved or not valid Unicode; nothing is written
   * @throws IOException if the file cannot be written; the file is then as it was before
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    AtomicFile.write(file, content(tensors, metadata, true));
  }

  /** Checks everything that can be checked before a byte is written. */
  static AtomicFile.Content content(
      Map<String, Tensor> tensors, Map<String, String> metadata, boolean withChecksum) {
    Engine.start();
    Map<String, DType> types = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> types.put(name, requireStorable(name, tensor)));
    List<String> order =
        tensors.keySet().stream()
            .sorted(
                Comparator.<String, DType>comparing(types::get)
                    .reversed()
                    .thenComparing(utf8Order()))
            .toList();
    Map<String, String> told = new TreeMap<>(metadata);
    told.forEach(
        (key, value) -> {
          if (value == null) {
            throw new IllegalArgumentException("the metadata '" + key + "' is null");
          }
        });
    if (withChecksum) {
      told.remove(FileChecksum.KEY);
      told.put(FileChecksum.KEY, checksum(order, types, tensors, told).toString());
    }
    byte[] header = header(order, types, tensors, told);
    return channel -> {
      ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      writeFully(channel, length.putLong(0, header.length));
      writeFully(channel, ByteBuffer.wrap(header));
      for (String name : order) {
        writeData(channel, tensors.get(name));
      }
    };
  }

  private static FileChecksum checksum(
      List<String> order,
      Map<String, DType> types,
      Map<String, Tensor> tensors,
      Map<String, String> metadata) {
    List<TensorInfo> infos = new ArrayList<>();
    List<Integer> sums = new ArrayList<>();
    long offset = 0;
    for (String name : order) {
      Tensor tensor = tensors.get(name);
      long bytes = bytes(tensor);
      infos.add(new TensorInfo(name, types.get(name), tensor.shape(), offset, bytes));
      offset += bytes;
      CRC32C sum = new CRC32C();
      forData(tensor, sum::update);
      sums.add((int) sum.getValue());
    }
    return FileChecksum.of(metadata, infos, sums);
  }

  private static DType requireStorable(String name, Tensor tensor) {
    if (name.equals(SafeTensorsHeader.METADATA)) {
      throw new IllegalArgumentException(
          "a tensor cannot be named '" + name + "': the format reserves that name");
    }
    if (tensor == null || !tensor.defined()) {
      throw new IllegalArgumentException("the tensor '" + name + "' is not defined");
    }
    if (tensor.is_sparse() || tensor.is_sparse_csr() || tensor.is_quantized() || tensor.is_meta()) {
      throw new IllegalArgumentException(
          "the tensor '"
              + name
              + "' is not a plain dense tensor with data; convert it first (to_dense, dequantize)");
    }
    return DType.of(tensor.scalar_type())
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the tensor '"
                        + name
                        + "' is of type "
                        + tensor.scalar_type()
                        + ", which the safetensors format does not have; it has "
                        + List.of(DType.values())));
  }

  /** Rust compares strings by their UTF-8 bytes, which is the order of their code points. */
  private static Comparator<String> utf8Order() {
    return (a, b) -> {
      int[] left = a.codePoints().toArray();
      int[] right = b.codePoints().toArray();
      return Arrays.compare(left, right);
    };
  }

  private static byte[] header(
      List<String> order,
      Map<String, DType> types,
      Map<String, Tensor> tensors,
      Map<String, String> metadata) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Writer text = new OutputStreamWriter(bytes, StandardCharsets.UTF_8.newEncoder());
        JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(SafeTensorsHeader.METADATA);
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      long offset = 0;
      for (String name : order) {
        Tensor tensor = tensors.get(name);
        json.writeObjectFieldStart(name);
        json.writeStringField("dtype", types.get(name).name());
        json.writeFieldName("shape");
        long[] shape = tensor.shape();
        json.writeArray(shape, 0, shape.length);
        json.writeFieldName("data_offsets");
        json.writeArray(new long[] {offset, offset += bytes(tensor)}, 0, 2);
        json.writeEndObject();
      }
      json.writeEndObject();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "a tensor's name or the metadata holds an unpaired surrogate, which is not valid Unicode",
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // cannot happen: the bytes go to memory
    }
    while (bytes.size() % Long.BYTES != 0) {
      bytes.write(' ');
    }
    if (bytes.size() > SafeTensorsHeader.MAX_LENGTH) {
      throw new IllegalArgumentException(
          "names and metadata take "
              + bytes.size()
              + " bytes, but the format allows at most "
              + SafeTensorsHeader.MAX_LENGTH);
    }
    return bytes.toByteArray();
  }

  private static long bytes(Tensor tensor) {
    return tensor.numel() * tensor.element_size();
  }

  private static void writeData(WritableByteChannel channel, Tensor tensor) throws IOException {
    forData(tensor, bytes -> writeFully(channel, bytes));
  }

  /** Takes a part of a tensor's data. */
  private interface Part<E extends Exception> {
    void take(ByteBuffer bytes) throws E;
  }

  private static <E extends Exception> void forData(Tensor tensor, Part<E> part) throws E {
    Scope.withoutGradient(
        () -> {
          Tensor plain = tensor.detach().cpu().contiguous().resolve_conj().resolve_neg();
          long size = bytes(plain);
          for (long done = 0; done < size; done += WINDOW) {
            int length = (int) Math.min(WINDOW, size - done);
            part.take(SafeTensorsFile.memory(plain, done, length));
          }
        });
  }

  private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
