package io.github.steelyard.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Unpacks the archive and runs what is in it, where there is Java but no Maven. */
@DisabledOnOs(OS.WINDOWS)
class DistributionIT {
  @TempDir Path folder;

  private static Path only(Path folder, String pattern) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, pattern)) {
      List<Path> found = new ArrayList<>();
      files.forEach(found::add);
      assertThat(found).hasSize(1);
      return found.get(0).toAbsolutePath();
    }
  }

  /** What a process printed that must succeed. */
  private String run(Object... command) throws IOException, InterruptedException {
    Path out = folder.resolve("out");
    ProcessBuilder builder =
        new ProcessBuilder(List.of(command).stream().map(Object::toString).toList())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("PATH", folder.resolve("tools") + ":" + System.getenv("PATH"));
    Process process = builder.start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    process.destroyForcibly();
    String printed = Files.readString(out);
    assertThat(ended).as(printed).isTrue();
    assertThat(process.exitValue()).as(printed).isZero();
    return printed;
  }

  @Test
  void givenTheArchive_whenItIsUnpacked_thenTheCommandAndTheExamplesRunWithoutMaven()
      throws IOException, InterruptedException {
    Path maven = Files.createDirectory(folder.resolve("tools")).resolve("mvn");
    Files.writeString(maven, "#!/bin/sh\nexit 1\n");
    assertThat(maven.toFile().setExecutable(true)).isTrue();
    run("tar", "-xf", only(Path.of("target"), "steelyard-*.tar.gz"));
    Path unpacked = only(folder, "steelyard-*");

    assertThat(run(unpacked.resolve("steelyard"), "version")).contains("libtorch");
    assertThat(run(unpacked.resolve("examples/own-pictures.sh"), "--quick"))
        .contains("Adding the class \"triangle\"", "Done: ");
    assertThat(unpacked.resolve("examples/src/main/java")).isNotEmptyDirectory();
    assertThat(folder.resolve("runs/own-pictures/with-the-new-class.onnx")).isNotEmptyFile();
  }
}
