package io.github.steelyard.io;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.github.steelyard.runtime.Suggestion;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Parses the JSON of a safetensors file's header as a stream: memory grows with what the header
 * lists, which the file must really contain, never with a number it claims.
 */
final class SafeTensorsHeaderJson {
  /** More than libtorch's operations accept; keeps a hostile shape small. */
  static final int MAX_DIMENSIONS = 64;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(32)
                  .maxStringLength(SafeTensorsHeader.MAX_LENGTH)
                  .build())
          .build();

  private final Path file;
  private final Map<String, String> metadata;
  private final List<TensorInfo> tensors;

  /**
   * Makes a parser.
   *
   * @param file for messages
   * @param metadata filled with the file's metadata
   * @param tensors filled in the order of the header, each beginning where its data_offsets say
   */
  SafeTensorsHeaderJson(Path file, Map<String, String> metadata, List<TensorInfo> tensors) {
    this.file = file;
    this.metadata = metadata;
    this.tensors = tensors;
  }

  /**
   * Parses the next bytes.
   *
   * @param in where the JSON begins; closed afterwards
   * @param length its length in bytes
   */
  void parse(InputStream in, long length) throws IOException {
    // A strict decoder: a parser given bytes would guess UTF-16 or pass broken sequences on.
    try (var text =
            new InputStreamReader(new Bounded(in, length), StandardCharsets.UTF_8.newDecoder());
        JsonParser json = JSON.createParser(text)) {
      if (json.nextToken() != JsonToken.START_OBJECT
          || json.currentTokenLocation().getCharOffset() != 0) {
        throw problem("the header must begin with '{'");
      }
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = json.currentName();
        json.nextToken();
        if (name.equals(SafeTensorsHeader.METADATA)) {
          parseMetadata(json);
        } else {
          parseTensor(json, name);
        }
      }
      if (json.nextToken() != null) {
        throw problem("the header goes on after its closing '}'");
      }
    } catch (JsonProcessingException e) {
      throw new FileFormatException(
          file,
          "the header is not valid JSON: "
              + e.getOriginalMessage()
              + " (at character "
              + (e.getLocation() == null ? "?" : e.getLocation().getCharOffset())
              + ")",
          e);
    } catch (CharacterCodingException e) {
      throw new FileFormatException(file, "the header is not valid UTF-8", e);
    }
  }

  private void parseMetadata(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    require(json, JsonToken.START_OBJECT, SafeTensorsHeader.METADATA, "an object");
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String key = json.currentName();
      json.nextToken();
      require(json, JsonToken.VALUE_STRING, SafeTensorsHeader.METADATA + "." + key, "a string");
      metadata.put(key, json.getText());
    }
  }

  private void parseTensor(JsonParser json, String fullName) throws IOException {
    String name = SafeTensorsHeader.shortened(fullName);
    require(json, JsonToken.START_OBJECT, name, "an object with dtype, shape and data_offsets");
    DType dtype = null;
    long[] shape = null;
    long[] offsets = null;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String key = json.currentName();
      json.nextToken();
      switch (key) {
        case "dtype" -> dtype = parseDType(json, name);
        case "shape" -> shape = parseNumbers(json, name + ".shape", MAX_DIMENSIONS);
        case "data_offsets" -> offsets = parseNumbers(json, name + ".data_offsets", 2);
        default -> json.skipChildren(); // as the reference implementation does
      }
    }
    if (dtype == null || shape == null || offsets == null) {
      String missing = dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets";
      throw problem("the tensor '" + name + "' has no " + missing);
    }
    if (offsets.length != 2 || offsets[1] < offsets[0]) {
      throw problem(
          "the data_offsets of '"
              + name
              + "' are "
              + Arrays.toString(offsets)
              + ", but must be [begin, end] with begin <= end");
    }
    long expected = bytes(name, dtype, shape);
    if (offsets[1] - offsets[0] != expected) {
      throw problem(
          "the data_offsets of '"
              + name
              + "' span "
              + (offsets[1] - offsets[0])
              + " bytes, but "
              + dtype
              + " of shape "
              + Arrays.toString(shape)
              + " takes "
              + expected);
    }
    tensors.add(new TensorInfo(fullName, dtype, shape, offsets[0], expected));
  }

  private DType parseDType(JsonParser json, String name) throws IOException {
    require(json, JsonToken.VALUE_STRING, name + ".dtype", "a string");
    String text = json.getText();
    for (DType dtype : DType.values()) {
      if (dtype.name().equals(text)) {
        return dtype;
      }
    }
    throw problem(
        "the tensor '"
            + name
            + "' has the unknown dtype '"
            + SafeTensorsHeader.shortened(text)
            + "'"
            + Suggestion.clause(
                SafeTensorsHeader.shortened(text),
                Arrays.stream(DType.values()).map(DType::name).toList()));
  }

  private long[] parseNumbers(JsonParser json, String path, int most) throws IOException {
    require(json, JsonToken.START_ARRAY, path, "an array of whole numbers");
    long[] numbers = new long[8];
    int count = 0;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (count == most) {
        throw problem("'" + path + "' has more than " + most + " numbers");
      }
      require(json, JsonToken.VALUE_NUMBER_INT, path, "an array of whole numbers");
      long number = json.getLongValue();
      if (number < 0) {
        throw problem("'" + path + "' holds the negative number " + number);
      }
      if (count == numbers.length) {
        numbers = Arrays.copyOf(numbers, most);
      }
      numbers[count++] = number;
    }
    return Arrays.copyOf(numbers, count);
  }

  private long bytes(String name, DType dtype, long[] shape) throws FileFormatException {
    try {
      long bits = dtype.bits();
      boolean empty = false;
      for (long size : shape) {
        // Empty tensors too: their strides are computed from the other sizes.
        bits = Math.multiplyExact(bits, Math.max(size, 1));
        empty |= size == 0;
      }
      if (empty) {
        return 0;
      }
      if (bits % Byte.SIZE != 0) {
        throw problem(
            "'"
                + name
                + "' does not fill whole bytes: "
                + dtype
                + " of shape "
                + Arrays.toString(shape));
      }
      return bits / Byte.SIZE;
    } catch (ArithmeticException e) {
      throw new FileFormatException(
          file,
          "the size of '" + name + "' overflows: " + dtype + " of shape " + Arrays.toString(shape),
          e);
    }
  }

  private void require(JsonParser json, JsonToken token, String path, String expected)
      throws IOException {
    if (json.currentToken() != token) {
      throw problem(
          "'"
              + SafeTensorsHeader.shortened(path)
              + "' must be "
              + expected
              + ", but holds "
              + (json.currentToken() == null
                  ? "nothing"
                  : SafeTensorsHeader.shortened(json.getText())));
    }
  }

  private FileFormatException problem(String problem) {
    return new FileFormatException(file, problem);
  }

  /** The first bytes of a stream. */
  private static final class Bounded extends InputStream {
    private final InputStream in;
    private long left;

    Bounded(InputStream in, long left) {
      this.in = in;
      this.left = left;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int count = in.read(into, offset, (int) Math.min(length, left));
      left -= Math.max(count, 0);
      return count;
    }
  }
}
