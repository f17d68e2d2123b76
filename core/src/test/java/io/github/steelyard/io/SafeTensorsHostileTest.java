package io.github.steelyard.io;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.management.ThreadMXBean;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.testing.MutatedFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SafeTensorsHostileTest {
  private static final int MUTANTS = 3000;
  private static final long MOST_ALLOCATED = 2_000_000;

  @TempDir Path folder;

  @BeforeAll
  static void startEngine() {
    Engine.start();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | must begin with '{'",
        "` {}` | must begin with '{'",
        "{ | not valid JSON",
        "{}{} | goes on after its closing '}'",
        "{}x | not valid JSON",
        "{\"a\":1} | 'a' must be an object with dtype, shape and data_offsets, but holds 1",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2]}} | the tensor 'a' has no data_offsets",
        "{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,2]}} | the tensor 'a' has no shape",
        "{\"a\":{\"shape\":[2],\"data_offsets\":[0,2]}} | the tensor 'a' has no dtype",
        "{\"a\":{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,2]}} | did you mean 'F32'",
        "{\"a\":{\"dtype\":null,\"shape\":[2],\"data_offsets\":[0,2]}} | 'a.dtype' must be a"
            + " string",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[-2],\"data_offsets\":[0,2]}} | negative number -2",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2.0],\"data_offsets\":[0,2]}} | 'a.shape' must be an"
            + " array of whole numbers",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":\"2\",\"data_offsets\":[0,2]}} | 'a.shape' must be an"
            + " array of whole numbers",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[99999999999999999999],\"data_offsets\":[0,2]}} | not"
            + " valid JSON",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0]}} | must be [begin, end]",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2,2]}} | more than 2 numbers",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,0]}} | must be [begin, end]"
            + " with begin <= end",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,2]}} | span 2 bytes, but F32"
            + " of shape [2] takes 8",
        "{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,2]}} | does not fill whole"
            + " bytes",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,2]}} |"
            + " overflows",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[0,4294967296,4294967296],\"data_offsets\":[0,0]}} |"
            + " overflows",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}} | the data of 'a' begins"
            + " at 1, but must begin at 0",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}"
            + " | the data of 'b' begins at 1, inside the data of 'a'",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}} | take 1 bytes, but 2"
            + " follow",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}} | truncated: the tensors"
            + " take 3 bytes, but only 2 follow",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[9223372036854775],\"data_offsets\":[0,9223372036854775]}}"
            + " | truncated",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}"
            + " | Duplicate field 'a'",
        "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[0,2]}} |"
            + " Duplicate field 'dtype'",
        "{\"__metadata__\":{\"k\":1}} | '__metadata__.k' must be a string, but holds 1",
        "{\"__metadata__\":[]} | '__metadata__' must be an object",
      })
  void givenAHostileHeader_whenItIsOpened_thenTheErrorNamesFileAndFault(
      String header, String message) throws IOException {
    assertRefused(file(header.getBytes(UTF_8), new byte[2]), message);
  }

  @Test
  void givenHeaderLengthsThatLie_whenTheFileIsOpened_thenTheErrorNamesTheLength()
      throws IOException {
    assertRefused(new byte[0], "it has 0 bytes");
    assertRefused(new byte[7], "it has 7 bytes");
    assertRefused(length(1), "truncated: the header takes 1 bytes, but only 0 follow");
    assertRefused(length(100_000_000), "truncated: the header takes 100000000 bytes");
    assertRefused(length(100_000_001), "at most 100000000 are allowed");
    assertRefused(length(-1), "18446744073709551615 bytes");
    assertRefused(length(0), "must begin with '{'");
  }

  @Test
  void givenATextThatIsNotUtf8_whenItIsOpened_thenTheErrorSaysSo() throws IOException {
    byte[] header = "{\"__metadata__\":{\"k\":\"?\"}}".getBytes(UTF_8);
    header[21] = (byte) 0xFF;
    assertRefused(file(header, new byte[0]), "not valid UTF-8");
    assertRefused(
        file("{}".getBytes(java.nio.charset.StandardCharsets.UTF_16), new byte[0]), "UTF-8");
  }

  @Test
  void givenDeepNestingOrManyDimensions_whenItIsOpened_thenItIsRefusedAtOnce() throws IOException {
    String deep = "{\"a\":{\"x\":" + "[".repeat(1_000_000) + "]".repeat(1_000_000) + "}}";
    assertRefused(file(deep.getBytes(UTF_8), new byte[0]), "nesting depth");
    String wide =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + "1,".repeat(64) + "1],\"data_offsets\":[0,1]}}";
    assertRefused(file(wide.getBytes(UTF_8), new byte[1]), "'a.shape' has more than 64 numbers");
    String name = "a\u001b[31m" + "b".repeat(1000);
    assertRefused(
        file(("{\"" + name.replace("\u001b", "\\u001b") + "\":1}").getBytes(UTF_8), new byte[0]),
        "'a\\u001b[31mbbb");
  }

  @Test
  void givenUnknownFieldsAndNullMetadata_whenItIsOpened_thenItIsReadAsTheReferenceDoes()
      throws IOException {
    String header =
        "{\"__metadata__\":null,\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2],\"later\":{\"x\":[1]}},\"a\":{\"data_offsets\":[0,1],\"shape\":[],\"dtype\":\"I8\"}}"
            + "   ";
    Path path =
        Files.write(folder.resolve("odd"), file(header.getBytes(UTF_8), new byte[] {-1, 2}));
    try (SafeTensorsFile open = SafeTensors.open(path)) {
      assertThat(open.metadata()).isEmpty();
      assertThat(open.tensors().keySet()).containsExactly("a", "b");
      assertThat(open.read("a").item_int()).isEqualTo(-1);
      assertThat(open.read("b").item_int()).isEqualTo(2);
    }
  }

  @Test
  void givenThousandsOfMutatedFiles_whenTheyAreRead_thenOnlyFormatErrorsOccurAndMemoryIsBounded()
      throws IOException {
    byte[] valid =
        Files.readAllBytes(SafeTensorsTest.resource("python-all-types.safetensors", folder));
    Path path = folder.resolve("mutant.safetensors");
    int[] outcomes = new int[2];
    assertTimeoutPreemptively(
        Duration.ofMinutes(2),
        () -> {
          ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
          readAll(Files.write(path, valid));
          for (int seed = 0; seed < MUTANTS; seed++) {
            Files.write(path, MutatedFiles.mutate(valid, seed));
            long before = threads.getCurrentThreadAllocatedBytes();
            try {
              readAll(path);
              outcomes[0]++;
            } catch (FileFormatException e) {
              assertThat(e).hasMessageContaining("mutant.safetensors");
              outcomes[1]++;
            }
            assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                .as("bytes allocated for seed %d", seed)
                .isLessThan(MOST_ALLOCATED);
          }
        });
    assertThat(outcomes[0]).as("files still valid").isBetween(1, MUTANTS / 2);
    assertThat(outcomes[1]).as("files refused").isGreaterThan(MUTANTS / 2);
  }

  private static void readAll(Path path) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(path)) {
      Scope.run(
          () -> {
            try {
              open.readAll();
            } catch (FileFormatException e) {
              if (!e.getMessage().contains("libtorch cannot hold")) {
                throw new UncheckedIOException(e);
              }
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Test
  void givenAFileOfMoreThanTwoGibibytes_whenItIsReadAndWritten_thenEveryByteIsReached()
      throws IOException {
    long big = (1L << 31) + (1L << 20);
    String header =
        ("{\"big\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]},"
                + "\"last\":{\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":[%d,%d]}}")
            .formatted(big, big, big, big + 8);
    Path path = folder.resolve("big.safetensors");
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      byte[] start = file(header.getBytes(UTF_8), new byte[] {11});
      channel.write(ByteBuffer.wrap(start));
      // A sparse file: what lies between takes no space on the disk.
      byte[] end = {22, 1, 0, 0, 0, 2, 0, 0, 0};
      channel.write(ByteBuffer.wrap(end), start.length - 1 + big - 1);
    }
    try (SafeTensorsFile open = SafeTensors.open(path)) {
      assertThat(open.tensors().get("big").bytes()).isEqualTo(big);
      Scope.run(
          () -> {
            Tensor last = read(open, "last");
            assertThat(last.sum().item_long()).isEqualTo(3);
            Tensor read = read(open, "big");
            assertThat(read.numel()).isEqualTo(big);
            assertThat(read.select(0, 0).item_int()).isEqualTo(11);
            assertThat(read.select(0, big - 1).item_int()).isEqualTo(22);
            Counting copy = new Counting();
            try {
              SafeTensors.content(Map.of("big", read), Map.of(), false).writeTo(copy);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            assertThat(copy.count % 8).isZero();
            assertThat(copy.count).isBetween(big, big + 200);
            assertThat(copy.last).isEqualTo((byte) 22);
          });
    } finally {
      Files.delete(path);
    }
  }

  @Test
  void givenAFileThatIsCutShortWhileOpen_whenItIsRead_thenTheErrorSaysSo() throws IOException {
    Path path = folder.resolve("cut.safetensors");
    SafeTensors.write(path, Map.of("w", torch.ones(1_000_000)), Map.of());
    try (SafeTensorsFile open = SafeTensors.open(path)) {
      try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        channel.truncate(2000);
      }
      assertThatThrownBy(() -> open.read("w"))
          .isInstanceOf(FileFormatException.class)
          .hasMessageContaining("cut.safetensors")
          .hasMessageContaining("became shorter while 'w' was read");
    }
  }

  private static Tensor read(SafeTensorsFile file, String name) {
    try {
      return file.read(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void assertRefused(byte[] content, String message) throws IOException {
    Path path = Files.write(folder.resolve("hostile.safetensors"), content);
    assertThatThrownBy(() -> SafeTensors.open(path).close())
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("hostile.safetensors")
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage().length()).isLessThan(700));
  }

  private static byte[] length(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  private static byte[] file(byte[] header, byte[] data) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(length(header.length));
    bytes.write(header);
    bytes.write(data);
    return bytes.toByteArray();
  }

  private static final class Counting implements WritableByteChannel {
    private long count;
    private byte last;

    @Override
    public int write(ByteBuffer bytes) {
      int written = bytes.remaining();
      last = bytes.get(bytes.limit() - 1);
      bytes.position(bytes.limit());
      count += written;
      return written;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
