package io.github.steelyard.data.glyphs;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.io.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** Writes a glyph data set beside its place and renames it when it is whole. */
final class GlyphFolder {
  private static final int UNSIGNED_BYTE = 0x08;
  private static final int INT = 0x0C;

  private final GlyphDataset data;
  private final GlyphConfiguration configuration;

  GlyphFolder(GlyphDataset data) {
    this.data = data;
    this.configuration = data.configuration();
  }

  void writeTo(Path folder) throws IOException {
    Path target = folder.toAbsolutePath().normalize();
    requireEmpty(target);
    Files.createDirectories(target.getParent());
    Path partial = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID());
    Files.createDirectory(partial);
    try {
      writeSplit(partial, "train", data.faces(false));
      writeSplit(partial, "t10k", data.faces(true));
      String classes = String.join("\n", configuration.characters()) + "\n";
      AtomicFile.write(partial.resolve("classes.txt"), classes.getBytes(StandardCharsets.UTF_8));
      AtomicFile.write(
          partial.resolve("manifest.json"),
          JsonMapper.builder()
              .enable(SerializationFeature.INDENT_OUTPUT)
              .build()
              .writeValueAsBytes(manifest()));
      Files.deleteIfExists(target);
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      remove(partial);
    }
  }

  private static void requireEmpty(Path target) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    if (!Files.isDirectory(target)) {
      throw new IOException(target + " is no folder");
    }
    try (Stream<Path> entries = Files.list(target)) {
      if (entries.findAny().isPresent()) {
        throw new IOException(
            target + " is not empty; name a new folder, so that nothing in it is lost");
      }
    }
  }

  private static void remove(Path partial) throws IOException {
    if (Files.exists(partial)) {
      try (Stream<Path> files = Files.list(partial)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(partial);
    }
  }

  /** Images lie class by class, in each class face by face. */
  private void writeSplit(Path folder, String stem, List<Face> faces) throws IOException {
    List<byte[]> images = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (int label = 0; label < configuration.characters().size(); label++) {
      for (Face face : faces) {
        byte[] image = face.images.get(label);
        if (image != null) {
          images.add(image);
          labels.add(label);
        }
      }
    }
    int size = configuration.size();
    long bytes = (long) images.size() * size * size;
    if (bytes > Integer.MAX_VALUE - 64) {
      throw new IOException(
          "%d images of %d x %d pixels are more than 2 GiB; choose a smaller size or fewer fonts"
              .formatted(images.size(), size, size));
    }
    ByteBuffer pixels = header(UNSIGNED_BYTE, (int) bytes, images.size(), size, size);
    images.forEach(pixels::put);
    write(folder.resolve(stem + "-images-idx3-ubyte"), pixels.flip());

    boolean small = configuration.characters().size() <= 256;
    ByteBuffer indices =
        small
            ? header(UNSIGNED_BYTE, labels.size(), labels.size())
            : header(INT, 4 * labels.size(), labels.size());
    for (int label : labels) {
      if (small) {
        indices.put((byte) label);
      } else {
        indices.putInt(label);
      }
    }
    write(folder.resolve(stem + "-labels-idx1-ubyte"), indices.flip());
  }

  private static void write(Path file, ByteBuffer content) throws IOException {
    AtomicFile.write(
        file,
        channel -> {
          while (content.hasRemaining()) {
            channel.write(content);
          }
        });
  }

  private static ByteBuffer header(int element, int bytes, int... dimensions) {
    ByteBuffer buffer = ByteBuffer.allocate(4 + 4 * dimensions.length + bytes);
    buffer.putInt(element << 8 | dimensions.length);
    for (int dimension : dimensions) {
      buffer.putInt(dimension);
    }
    return buffer;
  }

  private Map<String, Object> manifest() {
    Map<String, Object> manifest = new LinkedHashMap<>();
    manifest.put("classes", configuration.characters());
    manifest.put("size", configuration.size());
    manifest.put("test_share", configuration.testShare());
    manifest.put("seed", configuration.seed());
    manifest.put("train", counts(false));
    manifest.put("test", counts(true));
    manifest.put("ambiguous_images_left_out", data.ambiguous());
    List<Map<String, Object>> designs = new ArrayList<>();
    List<Face> testing = data.faces(true);
    for (List<Face> design : data.designs()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("split", testing.contains(design.get(0)) ? "test" : "train");
      fields.put("faces", design.stream().map(GlyphFolder::describe).toList());
      designs.add(fields);
    }
    manifest.put("designs", designs);
    List<Map<String, Object>> copies = new ArrayList<>();
    data.copies()
        .forEach(
            (copy, original) -> {
              Map<String, Object> fields = describe(copy);
              fields.put("draws_the_same_as", original.toString());
              copies.add(fields);
            });
    manifest.put("copies_left_out", copies);
    manifest.put("files_not_read", data.unread());
    return manifest;
  }

  private Map<String, Object> counts(boolean testing) {
    Map<String, Integer> images = data.images(testing);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("designs", data.designs(testing));
    fields.put("faces", data.faceCount(testing));
    fields.put("images", images.values().stream().mapToInt(Integer::intValue).sum());
    fields.put("images_by_class", images);
    return fields;
  }

  private static Map<String, Object> describe(Face face) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("family", face.names.family());
    fields.put("style", face.names.style());
    fields.put("file", face.file);
    fields.put("index_in_file", face.index);
    fields.put("sha256", face.sha256);
    fields.put("version", face.names.version());
    fields.put("copyright", face.names.copyright());
    fields.put("licence", face.names.licence());
    fields.put("licence_address", face.names.licenceAddress());
    fields.put("images", face.images.size());
    return fields;
  }
}
