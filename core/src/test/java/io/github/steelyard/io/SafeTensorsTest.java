package io.github.steelyard.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SafeTensorsTest {
  @TempDir Path folder;

  @BeforeAll
  static void startEngine() {
    Engine.start();
  }

  static Path resource(String name, Path folder) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in = SafeTensorsTest.class.getResourceAsStream(name)) {
      Files.copy(in, file);
    }
    return file;
  }

  private static byte[] bits(Tensor tensor) {
    int size = (int) (tensor.numel() * tensor.element_size());
    byte[] bytes = new byte[size];
    ByteBuffer memory = SafeTensorsFile.memory(tensor, 0, size);
    if (size > 0) {
      memory.get(bytes);
    }
    return bytes;
  }

  @Test
  void givenAFileOfThePythonLibrary_whenItIsRead_thenEveryTypeHasItsValues() throws IOException {
    Path file = resource("python-all-types.safetensors", folder);
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      assertThat(open.metadata()).containsExactly(Map.entry("text", "quote \" é \n newline"));
      Map<String, Tensor> tensors = open.readAll();
      assertThat(tensors).hasSize(20);
      assertThat(doubles(tensors.get("f64")))
          .containsExactly(0, -0.0, 1.0 / 3, -0.5, 65504 / 3.0, Math.pow(2, -14) / 3);
      for (String name : List.of("f32", "f16")) {
        assertThat(doubles(tensors.get(name)))
            .containsExactly(0, -0.0, 1, -1.5, 65504, Math.pow(2, -14));
      }
      assertThat(doubles(tensors.get("bf16")))
          .usingComparatorWithPrecision(1e36)
          .containsExactly(0, -0.0, 1, -1.5, 3.0e38, Double.POSITIVE_INFINITY);
      assertThat(tensors.get("bf16").scalar_type().intern()).isEqualTo(ScalarType.BFloat16);
      assertThat(longs(tensors.get("i64"))).containsExactly(Long.MIN_VALUE, Long.MAX_VALUE);
      assertThat(longs(tensors.get("i32"))).containsExactly(Integer.MIN_VALUE, Integer.MAX_VALUE);
      assertThat(longs(tensors.get("i16"))).containsExactly(-32768, 32767);
      assertThat(longs(tensors.get("i8"))).containsExactly(-128, 127);
      assertThat(longs(tensors.get("u8"))).containsExactly(0, 255);
      assertThat(longs(tensors.get("bool"))).containsExactly(1, 0, 1);
      assertThat(doubles(tensors.get("f8_e4m3"))).containsExactly(1, -448);
      assertThat(doubles(tensors.get("f8_e5m2"))).containsExactly(1, -57344);
      assertThat(longs(tensors.get("u16"))).containsExactly(0, 65535);
      assertThat(longs(tensors.get("u32"))).containsExactly(0, 4294967295L);
      assertThat(tensors.get("scalar").shape()).isEmpty();
      assertThat(tensors.get("scalar").item_float()).isEqualTo(3.25f);
      assertThat(tensors.get("empty").shape()).containsExactly(0, 4);
      assertThat(doubles(tensors.get("transposed"))).containsExactly(0, 3, 1, 4, 2, 5);
      assertThat(longs(tensors.get("größe/日本"))).containsExactly(42);
    }
  }

  @Test
  void givenTheTensorsOfThePythonLibrary_whenTheyAreWritten_thenTheFilesAreEqual()
      throws IOException {
    Path file = resource("python-all-types.safetensors", folder);
    Path copy = folder.resolve("copy.safetensors");
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      AtomicFile.write(copy, SafeTensors.content(open.readAll(), open.metadata(), false));
    }
    assertThat(copy).hasSameBinaryContentAs(file);
    Path none = resource("python-no-tensors.safetensors", folder);
    AtomicFile.write(copy, SafeTensors.content(Map.of(), Map.of(), false));
    assertThat(copy).hasSameBinaryContentAs(none);
  }

  @Test
  void givenTensorsInAnyOrder_whenTheyAreWrittenTwice_thenTheFilesAreEqual() throws IOException {
    Tensor a = torch.rand(3, 4);
    Tensor b = torch.arange(new Scalar(7));
    Map<String, Tensor> forwards = new LinkedHashMap<>();
    forwards.put("a", a);
    forwards.put("b", b);
    Map<String, Tensor> backwards = new LinkedHashMap<>();
    backwards.put("b", b);
    backwards.put("a", a);
    Path first = folder.resolve("first.safetensors");
    Path second = folder.resolve("second.safetensors");
    SafeTensors.write(first, forwards, Map.of("x", "1", "y", "2", "z", "3"));
    SafeTensors.write(second, backwards, Map.of("z", "3", "y", "2", "x", "1"));
    assertThat(first).hasSameBinaryContentAs(second);
    try (SafeTensorsFile open = SafeTensors.open(first)) {
      assertThat(open.metadata().keySet()).containsExactly("x", "y", "z");
      assertThat(bits(open.read("a"))).isEqualTo(bits(a));
      assertThat(bits(open.read("b"))).isEqualTo(bits(b));
    }
  }

  @Test
  void givenViewsWithStrides_whenTheyAreWritten_thenTheirValuesAreInTheFile() throws IOException {
    Tensor base = torch.arange(new Scalar(24)).reshape(4, 6);
    Map<String, Tensor> views =
        Map.of(
            "transposed", base.t(),
            "every second column", base.slice(1, opt(1), opt(6), 2),
            "broadcast", torch.arange(new Scalar(3)).reshape(3, 1).expand(3, 5),
            "trained", torch.rand(2, 2).set_requires_grad(true));
    Path file = folder.resolve("views.safetensors");
    SafeTensors.write(file, views, Map.of());
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      views.forEach(
          (name, view) -> assertThat(torch.equal(readUnchecked(open, name), view)).isTrue());
      assertThat(open.read("trained").requires_grad()).isFalse();
    }
  }

  private static org.bytedeco.pytorch.LongOptional opt(long value) {
    return new org.bytedeco.pytorch.LongOptional(value);
  }

  private static Tensor readUnchecked(SafeTensorsFile file, String name) {
    try {
      return file.read(name);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void givenAPackedType_whenItIsRead_thenTheErrorNamesTensorAndType() throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(resource("packed-f4.safetensors", folder))) {
      assertThat(open.tensors().get("packed").dtype()).isEqualTo(DType.F4);
      assertThatThrownBy(() -> open.read("packed"))
          .isInstanceOf(FileFormatException.class)
          .hasMessageContaining("packed-f4.safetensors")
          .hasMessageContaining("'packed' is of type F4");
    }
  }

  @Test
  void givenATensorReadInAScope_whenTheFileIsClosedAndGone_thenTheTensorStays() throws IOException {
    Path file = folder.resolve("gone.safetensors");
    SafeTensors.write(file, Map.of("w", torch.ones(1000)), Map.of());
    Tensor read;
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      read = open.read("w");
    }
    Files.delete(file);
    assertThat(Scope.compute(() -> read.sum().item_float())).isEqualTo(1000f);
  }

  @Test
  void givenAMisspeltName_whenItIsRead_thenTheErrorSuggestsTheRightOne() throws IOException {
    Path file = folder.resolve("names.safetensors");
    SafeTensors.write(file, Map.of("fc.weight", torch.ones(1)), Map.of());
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      assertThatThrownBy(() -> open.read("fc.wieght"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("did you mean 'fc.weight'");
    }
  }

  @Test
  void givenATensorTheFormatCannotHold_whenItIsWritten_thenTheOldFileStays() throws IOException {
    Path file = folder.resolve("old.safetensors");
    SafeTensors.write(file, Map.of("w", torch.ones(1)), Map.of());
    byte[] before = Files.readAllBytes(file);
    Tensor complex = torch.zeros(2).to(ScalarType.ComplexDouble);
    assertThatThrownBy(() -> SafeTensors.write(file, Map.of("c", complex), Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'c'")
        .hasMessageContaining("ComplexDouble");
    assertThatThrownBy(() -> SafeTensors.write(file, Map.of("u", new Tensor()), Map.of()))
        .hasMessageContaining("'u' is not defined");
    assertThatThrownBy(
            () -> SafeTensors.write(file, Map.of("s", torch.eye(2).to_sparse()), Map.of()))
        .hasMessageContaining("'s' is not a plain dense tensor");
    assertThatThrownBy(
            () -> SafeTensors.write(file, Map.of("__metadata__", torch.ones(1)), Map.of()))
        .hasMessageContaining("reserves that name");
    assertThatThrownBy(() -> SafeTensors.write(file, Map.of("\ud800", torch.ones(1)), Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not valid Unicode");
    assertThat(file).hasBinaryContent(before);
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  private static double[] doubles(Tensor tensor) {
    Tensor flat = tensor.to(ScalarType.Double).contiguous().reshape(-1);
    double[] values = new double[(int) flat.numel()];
    SafeTensorsFile.memory(flat, 0, values.length * 8).asDoubleBuffer().get(values);
    return values;
  }

  private static long[] longs(Tensor tensor) {
    Tensor flat = tensor.to(ScalarType.Long).contiguous().reshape(-1);
    long[] values = new long[(int) flat.numel()];
    SafeTensorsFile.memory(flat, 0, values.length * 8).asLongBuffer().get(values);
    return values;
  }
}
