package io.github.steelyard.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.runtime.Scope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;

/** Checkpoints as builds wrote them before files had a checksum of all that they hold. */
final class OldCheckpoint {
  private static final ObjectMapper JSON = new ObjectMapper();

  private OldCheckpoint() {}

  /** Makes a checkpoint an old one, without some values of its position. */
  static void rewrite(Path file, String... withoutValues) throws IOException {
    String checksum;
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      checksum = Scope.compute(() -> TensorChecksum.of(new TreeMap<>(open.readAll())));
    }
    byte[] bytes = Files.readAllBytes(file);
    int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    ObjectNode header = (ObjectNode) JSON.readTree(bytes, Long.BYTES, length);
    ObjectNode metadata = (ObjectNode) header.get("__metadata__");
    metadata.remove("steelyard.checksums");
    metadata.put("steelyard.checkpoint", "1").put("steelyard.crc32c", checksum);
    ObjectNode values = (ObjectNode) JSON.readTree(metadata.get("steelyard.values").asText());
    for (String name : withoutValues) {
      ((ObjectNode) values.get("trainer")).remove(name);
    }
    metadata.put("steelyard.values", values.toString());
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream old = new ByteArrayOutputStream();
    old.write(
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(text.length)
            .array());
    old.write(text);
    old.write(bytes, Long.BYTES + length, bytes.length - Long.BYTES - length);
    Files.write(file, old.toByteArray());
  }
}
