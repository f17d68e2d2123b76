package io.github.steelyard.bench.campaign;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;

/** Small valid files to be damaged. */
final class Samples {
  private Samples() {}

  /** The content of files of this package's folder {@code samples}. */
  static List<byte[]> files(String... names) throws IOException {
    List<byte[]> all = new ArrayList<>();
    for (String name : names) {
      try (InputStream in = Samples.class.getResourceAsStream("samples/" + name)) {
        if (in == null) {
          throw new FileNotFoundException("the sample " + name + " is not on the class path");
        }
        all.add(in.readAllBytes());
      }
    }
    return all;
  }

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** An array in MNIST's format: unsigned bytes. */
  static byte[] idx(int classes, int... dimensions) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(0x800 | dimensions.length);
    int elements = 1;
    for (int dimension : dimensions) {
      out.writeInt(dimension);
      elements *= dimension;
    }
    for (int i = 0; i < elements; i++) {
      out.writeByte(i * 37 % classes);
    }
    return bytes.toByteArray();
  }

  static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }

  /** Records of CIFAR: labels, then 32 x 32 pixels of three colours. */
  static byte[] cifar(int labels, int records) {
    byte[] bytes = new byte[records * (labels + 3072)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i % (labels + 3072) < labels ? i % 10 : i * 31);
    }
    return bytes;
  }

  /** A jar that brings a data set of this program's. */
  static byte[] jar() throws IOException {
    String provider = "io.github.steelyard.data.DatasetProvider";
    Class<?> brought = BroughtDatasets.class;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream out = new JarOutputStream(bytes)) {
      out.putNextEntry(new ZipEntry("META-INF/services/" + provider));
      out.write(text(brought.getName() + "\n"));
      out.putNextEntry(new ZipEntry(brought.getName().replace('.', '/') + ".class"));
      try (InputStream in = brought.getResourceAsStream(brought.getSimpleName() + ".class")) {
        in.transferTo(out);
      }
    }
    return bytes.toByteArray();
  }

  /** What a writer of ours leaves in a file. */
  static byte[] written(Path file, Writing writing) throws IOException {
    writing.write(file);
    byte[] content = Files.readAllBytes(file);
    Files.delete(file);
    return content;
  }

  /** Writes a file. */
  @FunctionalInterface
  interface Writing {
    void write(Path file) throws IOException;
  }
}
