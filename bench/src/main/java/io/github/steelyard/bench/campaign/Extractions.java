package io.github.steelyard.bench.campaign;

import io.github.steelyard.bench.campaign.Children.Child;
import io.github.steelyard.bench.campaign.Children.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * Kills a program while it copies the native libraries out of their jars into an empty cache,
 * perhaps twice; the next start must find or mend all of them.
 */
final class Extractions implements Part {
  private static final String KIND = "first start with an empty cache";
  private static final int MOST_MILLIS = 4000;

  private final Path folder;
  private final Children children;
  private final long seed;

  Extractions(Path folder, long seed) throws IOException, InterruptedException {
    this.folder = Files.createDirectories(folder);
    this.children = new Children(folder.resolve("children"));
    this.seed = seed;
  }

  @Override
  public Verdict judge(long number) throws IOException, InterruptedException {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
    Path cache = folder.resolve("cache-" + number);
    int kills = 0;
    for (int left = 1 + random.nextInt(2); left > 0; left--) {
      Child child = start(cache);
      while (!Files.exists(cache) && child.process().isAlive()) {
        Thread.sleep(1);
      }
      child.process().waitFor(random.nextInt(MOST_MILLIS), TimeUnit.MILLISECONDS);
      kills += child.process().isAlive() ? 1 : 0;
      child.process().destroyForcibly().waitFor();
    }
    Ended ended = start(cache).await();
    Folders.delete(cache);
    return ended.code() == 0 && ended.out().contains("done")
        ? Verdict.survived(KIND, kills)
        : Verdict.failed(KIND, kills, ended.lastWords());
  }

  private Child start(Path cache) throws IOException {
    return children.start(
        LibraryUser.class,
        List.of("-Dorg.bytedeco.javacpp.cachedir=" + cache),
        List.of(),
        "1",
        "1",
        "16");
  }
}
