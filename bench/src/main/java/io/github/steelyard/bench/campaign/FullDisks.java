package io.github.steelyard.bench.campaign;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.steelyard.bench.campaign.Children.Ended;
import io.github.steelyard.cli.Main;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Runs on disks that fill at some moment: file systems in memory, mounted in a name space of the
 * process's own. The run must say that the disk is full, and go on from what it left once there is
 * room.
 */
final class FullDisks extends Disturbed {
  private static final long LEAST = 4096;
  private static final List<String> OWN_MOUNTS =
      List.of("unshare", "--user", "--map-root-user", "--mount");

  private final Optional<String> obstacle;

  FullDisks(Path folder, long seed) throws IOException, InterruptedException {
    super(folder, seed);
    obstacle = mount(Files.createDirectories(folder().resolve("tried")));
  }

  private static Optional<String> mount(Path place) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(
                  Stream.concat(
                          OWN_MOUNTS.stream(),
                          Stream.of("mount", "-t", "tmpfs", "none", place.toString()))
                      .toList())
              .redirectErrorStream(true)
              .start();
      String answer = new String(process.getInputStream().readAllBytes(), UTF_8);
      return process.waitFor() == 0
          ? Optional.empty()
          : Optional.of("this machine mounts nothing for its users: " + answer.strip());
    } catch (IOException e) {
      return Optional.of("this system has no command unshare");
    }
  }

  @Override
  Optional<String> obstacle() {
    return obstacle;
  }

  @Override
  Optional<String> disturb(Case each) throws IOException, InterruptedException {
    Path kept = each.place().resolveSibling("kept");
    Folders.delete(kept);
    long size = LEAST + each.random().nextLong(size(each.whole().folder()));
    String script =
        "mount -t tmpfs -o size=$1 none \"$2\" || exit 99; run=$2/run; to=$3; shift 3; \"$@\";"
            + " code=$?; if [ -e \"$run\" ]; then cp -a \"$run\" \"$to\"; fi; exit $code";
    List<String> before =
        Stream.concat(
                OWN_MOUNTS.stream(),
                Stream.of(
                    "sh", "-c", script, "sh", "" + size, each.place().toString(), kept.toString()))
            .toList();
    Ended ended =
        children()
            .start(Main.class, List.of(), before, Map.of(), each.run().arguments(false))
            .await();
    if (Files.exists(kept)) {
      Files.move(kept, each.run().folder());
    }
    each.blows().add(size + " bytes");
    if (ended.code() == 0) {
      return Optional.empty();
    }
    return ended.code() == 1 && ended.err().contains("No space left on device")
        ? ended.err().contains("may be a bug")
            ? Optional.of("called a bug: " + ended.lastWords())
            : Optional.empty()
        : Optional.of("does not say that the disk is full: " + ended.lastWords());
  }

  private static long size(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      // A file system gives whole pages.
      return all.mapToLong(file -> (file.toFile().length() + 4095) / 4096 * 4096).sum();
    }
  }
}
