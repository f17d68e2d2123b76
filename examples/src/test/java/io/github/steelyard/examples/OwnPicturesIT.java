package io.github.steelyard.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs the script that newcomers run, in its short form. */
@DisabledOnOs(OS.WINDOWS)
class OwnPicturesIT {
  private static final Pattern ANSWER =
      Pattern.compile("(?m)^.*\\.png  \\{\"name\": \".+\", \"probability\": [0-9.]+}  .* ms$");

  @TempDir Path folder;

  @Test
  void givenNoPictures_whenTheScriptIsRun_thenItDrawsTrainsServesAndAddsAClass() throws Exception {
    Path work = folder.resolve("made here");
    Path out = folder.resolve("out");
    ProcessBuilder builder =
        new ProcessBuilder(Path.of("own-pictures.sh").toAbsolutePath().toString(), "--quick")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
    builder.environment().put("OWN_PICTURES_FOLDER", work.toString());

    Process process = builder.start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    process.destroyForcibly();

    String printed = Files.readString(out);
    assertThat(ended).as(printed).isTrue();
    assertThat(process.exitValue()).as(printed).isZero();
    assertThat(ANSWER.matcher(printed).results()).hasSize(20);
    assertThat(printed).contains("Adding the class \"triangle\"", "1-train is finished already");
    assertThat(work.resolve("with-the-new-class.onnx")).isNotEmptyFile();
    assertThat(work.resolve("life/report.html")).isNotEmptyFile();
  }
}
