package io.github.steelyard.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * A JSON object in a file that tells whether its values are those that were written: the last one,
 * {@code checksum}, is a CRC-32C of the others, however they are laid out.
 */
public final class CheckedJson {
  private static final String CHECKSUM = "checksum";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private CheckedJson() {}

  /**
   * Writes a file whole or not at all.
   *
   * @param file the file to create or replace; its folder must exist
   * @param values what it says
   * @throws IOException if it cannot be written; the file is then as it was before
   */
  public static void write(Path file, ObjectNode values) throws IOException {
    // What is read again has other nodes than what is written, such as a double for a float.
    ObjectNode read = (ObjectNode) JSON.readTree(values.toString());
    read.remove(CHECKSUM);
    read.put(CHECKSUM, checksum(read));
    AtomicFile.write(file, (read.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Reads a file and compares its checksum, if it has one.
   *
   * @param file what {@link #write} made, now or before files had a checksum
   * @return its values, without the checksum
   * @throws FileFormatException if it is not a JSON object, or not the one that was written
   * @throws IOException if it cannot be read
   */
  public static ObjectNode read(Path file) throws IOException {
    ObjectNode values = parse(file);
    JsonNode written = values.remove(CHECKSUM);
    String found = checksum(values);
    if (written != null && !found.equals(written.asText())) {
      throw new FileFormatException(
          file,
          "was changed after it was written: its values have the checksum "
              + found
              + ", not "
              + written.asText()
              + "; put the file back, or take the line '"
              + CHECKSUM
              + "' out of it if the change is meant");
    }
    return values;
  }

  private static ObjectNode parse(Path file) throws IOException {
    try {
      if (JSON.readTree(file.toFile()) instanceof ObjectNode values) {
        return values;
      }
    } catch (JsonProcessingException e) {
      throw new FileFormatException(file, "is damaged: " + e.getOriginalMessage(), e);
    } catch (CharConversionException e) { // Bytes that look like another encoding than UTF-8.
      throw new FileFormatException(file, "is damaged: " + e.getMessage(), e);
    }
    throw new FileFormatException(file, "is damaged: it does not hold a JSON object");
  }

  private static String checksum(ObjectNode values) {
    CRC32C checksum = new CRC32C();
    checksum.update(values.toString().getBytes(StandardCharsets.UTF_8));
    return "%08x".formatted(checksum.getValue());
  }
}
