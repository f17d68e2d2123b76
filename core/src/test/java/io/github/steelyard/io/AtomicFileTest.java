package io.github.steelyard.io;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.steelyard.testing.ChildJvm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

final class AtomicFileTest {
  private static final int HALF_A_MEGABYTE = 1 << 19;

  @TempDir Path folder;

  @Test
  void givenNoFileOrAnOldFile_whenItIsWritten_thenItHoldsTheContent() throws IOException {
    Path file = folder.resolve("a.txt");
    AtomicFile.write(file, "one".getBytes(UTF_8));
    assertThat(file).hasContent("one");
    AtomicFile.write(file, "two".getBytes(UTF_8));
    assertThat(file).hasContent("two");
    assertOnly(file);
  }

  @Test
  void givenAWriterThatFailsHalfway_whenAFileIsWritten_thenTheOldFileStays() throws IOException {
    Path file = old();
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    file,
                    channel -> {
                      fill(channel);
                      throw new IOException("the source ended");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot write old.txt in folder " + folder)
        .hasMessageContaining("the source ended")
        .hasMessageContaining("the file there is unchanged");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    file,
                    channel -> {
                      fill(channel);
                      throw new IllegalStateException("a bug");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(file).hasContent("old");
    assertOnly(file);
  }

  @Test
  void givenAWriterThatClosesItsChannel_whenAFileIsWritten_thenItIsWritten() throws IOException {
    Path file = old();
    AtomicFile.write(
        file,
        channel -> {
          try (channel) {
            channel.write(ByteBuffer.wrap("new".getBytes(UTF_8)));
          }
        });
    assertThat(file).hasContent("new");
  }

  @Test
  void givenAnInterruptedThread_whenAFileIsWritten_thenTheOldFileStays() throws IOException {
    Path file = old();
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> AtomicFile.write(file, AtomicFileTest::fill))
        .isInstanceOf(ClosedByInterruptException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(file).hasContent("old");
    assertOnly(file);
  }

  @Test
  void givenAPlaceThatIsNotAFolder_whenAFileIsWritten_thenTheErrorNamesItAndTheReason()
      throws IOException {
    Path file = old();
    assertThatThrownBy(() -> AtomicFile.write(file.resolve("x"), new byte[1]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot write x in folder " + file)
        .hasMessageContaining("this is not a folder");
    assertThatThrownBy(() -> AtomicFile.write(folder.resolve("no/x"), new byte[1]))
        .hasMessageContaining("cannot write x in folder " + folder.resolve("no"))
        .hasMessageContaining("the folder does not exist");
    assertThatThrownBy(() -> AtomicFile.write(folder, new byte[1]))
        .hasMessageContaining("it is a folder");
    assertThat(file).hasContent("old");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void givenAFolderThatNobodyCanWrite_whenAFileIsWritten_thenTheErrorNamesIt() {
    // Not even root can make files here.
    assertThatThrownBy(() -> AtomicFile.write(Path.of("/proc/self/x"), new byte[1]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot write x in folder /proc/self");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void givenASymbolicLink_whenItIsWritten_thenTheFileItLeadsToChanges() throws IOException {
    Path file = old();
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    AtomicFile.write(link, "new".getBytes(UTF_8));
    assertThat(file).hasContent("new");
    assertThat(link).isSymbolicLink();
    Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), folder.resolve("none"));
    assertThatThrownBy(() -> AtomicFile.write(dangling, new byte[1]))
        .hasMessageContaining("which does not exist");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void givenADiskThatFills_whenAFileIsWritten_thenTheOldFileStays() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.toString()) == 0,
        "only root can mount a disk of 64 kB");
    try {
      Path file = Files.writeString(disk.resolve("old.txt"), "old");
      assertThatThrownBy(() -> AtomicFile.write(file, AtomicFileTest::fill))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot write old.txt in folder " + disk)
          .hasMessageContaining("No space left on device")
          .hasMessageContaining("the file there is unchanged");
      assertThat(file).hasContent("old");
      try (var files = Files.list(disk)) {
        assertThat(files).containsExactly(file);
      }
    } finally {
      run("umount", disk.toString());
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void givenAProcessThatMayOnlyWriteSmallFiles_whenItWritesALargeOne_thenTheOldFileStays()
      throws Exception {
    Path file = old();
    // The kernel refuses the write as on a full disk, and anybody may set this limit.
    assertThat(child("ulimit -f 64", "write", file)).isEqualTo(3);
    assertThat(file).hasContent("old");
    assertOnly(file);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void givenAProcessThatIsKilledWhileItWrites_whenTheFolderIsCleaned_thenTheOldFileStays()
      throws Exception {
    Path file = old();
    assertThat(child("true", "halt", file)).isEqualTo(4);
    assertThat(file).hasContent("old");
    assertThat(AtomicFile.removeAbandoned(folder)).isEqualTo(1);
    assertOnly(file);
  }

  @Test
  void givenAnEventFileWithoutARecord_whenTheFolderIsCleaned_thenItIsGoneAndOthersStay()
      throws Exception {
    Path file = old();
    Files.createFile(folder.resolve("events.out.tfevents.1796027692.steelyard"));
    assertThat(AtomicFile.removeAbandoned(folder)).isEqualTo(1);
    assertOnly(file);
    try (TensorBoardWriter events = new TensorBoardWriter(folder)) {
      assertThat(AtomicFile.removeAbandoned(folder)).isZero();
      assertThat(events.path()).isNotEmptyFile();
    }
  }

  private static int child(String limit, String what, Path file) throws Exception {
    return ChildJvm.of(Child.class).limit(limit).argument(what).argument(file).run().exitCode();
  }

  private static int run(String... command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
    } catch (IOException e) {
      return -1;
    }
    process.getInputStream().readAllBytes();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return process.exitValue();
  }

  private Path old() throws IOException {
    return Files.writeString(folder.resolve("old.txt"), "old");
  }

  private void assertOnly(Path file) throws IOException {
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  private static void fill(WritableByteChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(HALF_A_MEGABYTE);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /**
   * Runs in a JVM of its own; exits with 3 after an IOException, with 4 in the middle of a write.
   */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) {
      try {
        AtomicFile.write(
            Path.of(arguments[1]),
            channel -> {
              fill(channel);
              if (arguments[0].equals("halt")) {
                Runtime.getRuntime().halt(4);
              }
            });
      } catch (IOException e) {
        System.exit(e.getMessage().contains("the file there is unchanged") ? 3 : 5);
      }
    }
  }
}
