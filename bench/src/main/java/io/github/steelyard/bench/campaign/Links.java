package io.github.steelyard.bench.campaign;

import io.github.steelyard.cli.console.Reason;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.ImageFolder;
import io.github.steelyard.data.glyphs.GlyphConfiguration;
import io.github.steelyard.data.glyphs.GlyphDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Folders of pictures and fonts with names that no system expects and, in two of three cases,
 * symbolic links: out of the folder, upwards, in circles, to nothing, to themselves. They are read
 * or refused, and soon; those without links are read.
 */
final class Links implements Part {
  private static final List<String> NAMES =
      List.of("a", "ä b", "-rf", "..x", "%s", "a\\..\\b", "\u001b[31m", "x".repeat(200), "$(id)");

  private final Path folder;
  private final long seed;
  private final byte[] picture;
  private final List<byte[]> designs;
  private final Map<Boolean, Path> outside = new HashMap<>();

  Links(Path folder, long seed) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.seed = seed;
    this.picture = Samples.files("palette-4-bit.png").get(0);
    this.designs = Samples.files("design-0.ttf", "design-1.ttf");
    outside.put(true, Files.write(folder.resolve("outside.ttf"), designs.get(0)));
    outside.put(false, Files.write(folder.resolve("outside.png"), picture));
  }

  @Override
  public Verdict judge(long number) throws IOException {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
    boolean fonts = number % 2 == 0;
    String kind = fonts ? "folders of fonts with links" : "folders of pictures with links";
    Path root = folder.resolve("tree-" + number);
    Folders.delete(root);
    List<Path> all = new ArrayList<>();
    if (fonts) {
      all.add(Files.createDirectories(root));
    }
    for (String name : List.of("first", "second")) {
      Path inner = fonts ? root : Files.createDirectories(root.resolve(name));
      for (int i = 0; i < 2; i++) {
        Files.write(
            inner.resolve(name + i + (fonts ? ".ttf" : ".png")), fonts ? designs.get(i) : picture);
      }
      all.add(inner);
    }
    int hostility = random.nextInt(3); // None; links that lead somewhere; anything.
    for (int i = 0; i < 1 + random.nextInt(10); i++) {
      grow(all, fonts, hostility, random);
    }
    try {
      if (fonts) {
        GlyphConfiguration characters = new GlyphConfiguration(List.of("A", "B"), 16, 0.4, 3);
        GlyphDataset.draw(List.of(root), characters, left -> {});
      } else {
        Dataset read = ImageFolder.open(root);
        for (int i = 0; i < read.size(); i++) {
          read.sample(i);
        }
      }
    } catch (Exception e) {
      return Reason.isExpected(e) && hostility > 0
          ? refused(kind, root)
          : Verdict.failed(
              kind,
              1,
              (hostility == 0 ? "refuses harmless files: " : "would be called a bug: ") + e);
    } catch (Error e) {
      return Verdict.failed(kind, 1, e.toString());
    }
    Folders.delete(root);
    return Verdict.survived(kind, 1);
  }

  private static Verdict refused(String kind, Path root) throws IOException {
    Folders.delete(root);
    return Verdict.refused(kind);
  }

  /** Adds a folder, a file or a link somewhere. */
  private void grow(List<Path> all, boolean fonts, int hostility, SplittableRandom random)
      throws IOException {
    Path parent = all.get(random.nextInt(all.size()));
    String name = NAMES.get(random.nextInt(NAMES.size())) + random.nextInt(100);
    Path path = parent.resolve(name + (fonts ? ".ttf" : ".png"));
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)
        || !Files.isWritable(parent)
        || path.toString().length() > 2000) {
      return;
    }
    switch (random.nextInt(2 + 2 * hostility)) {
      case 0 -> all.add(Files.createDirectories(parent.resolve(name + "d")));
      case 1 -> Files.write(path, fonts ? designs.get(0) : picture);
      case 2 -> Files.createSymbolicLink(path, outside.get(fonts));
      case 3 -> Files.createSymbolicLink(path, all.get(random.nextInt(all.size())));
      case 4 -> Files.createSymbolicLink(path, Path.of(name + "nowhere"));
      default -> Files.createSymbolicLink(path, path.getFileName());
    }
  }
}
