package io.github.steelyard.bench.campaign;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.steelyard.bench.campaign.Children.Child;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Runs whose clock jumps by up to ten years, back and forth, while they work and between a kill and
 * the start after it. The clock is a small C program that is loaded before libc, made by this
 * machine's compiler.
 */
final class Clocks extends Disturbed {
  private final Path clock;
  private final Optional<String> obstacle;

  Clocks(Path folder, long seed) throws IOException, InterruptedException {
    super(folder, seed);
    clock = folder().resolve("jumping_clock.so");
    obstacle = compile(folder().resolve("jumping_clock.c"));
  }

  private Optional<String> compile(Path source) throws IOException, InterruptedException {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.of("the clock that jumps is for Linux");
    }
    try (InputStream in = Clocks.class.getResourceAsStream("jumping_clock.c")) {
      Files.copy(in, source, StandardCopyOption.REPLACE_EXISTING);
    }
    try {
      Process compiler =
          new ProcessBuilder("cc", "-shared", "-fPIC", "-O1", "-o", "" + clock, "" + source)
              .redirectErrorStream(true)
              .start();
      String answer = new String(compiler.getInputStream().readAllBytes(), UTF_8);
      return compiler.waitFor() == 0 ? Optional.empty() : Optional.of("cc fails: " + answer);
    } catch (IOException e) {
      return Optional.of("this machine has no C compiler to make the clock");
    }
  }

  @Override
  Optional<String> obstacle() {
    return obstacle;
  }

  @Override
  Map<String, String> environment(SplittableRandom random) {
    return Map.of(
        "LD_PRELOAD", clock.toString(), "STEELYARD_CLOCK_SEED", "" + random.nextInt(1_000_000));
  }

  @Override
  Optional<String> disturb(Case each) throws IOException, InterruptedException {
    Child child = each.run().start();
    each.blows().add("a jumping clock");
    try (FolderWatch watch = new FolderWatch(each.place())) {
      long wanted = watch.changes() + 1 + each.random().nextLong(each.whole().changes());
      if (!watch.await(child.process(), wanted)) {
        return each.run().finish(child.await());
      }
      child.process().destroyForcibly().waitFor();
      return Optional.empty();
    }
  }
}
