package io.github.steelyard.data.glyphs;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Images of characters drawn from font files, divided into training and test by design: no family
 * of the test, and no face that draws the same under another name, is in the training data.
 *
 * <p>The same files and configuration give the same bytes on the same version of Java, wherever the
 * files lie; between versions, a few pixels of antialiased edges differ. Reading and drawing take
 * about a millisecond of one core a glyph; memory is that of the images and one font file at a
 * time.
 */
public final class GlyphDataset {
  private static final List<String> ENDINGS = List.of(".ttf", ".otf", ".ttc", ".otc");

  private final GlyphConfiguration configuration;
  private final List<List<Face>> designs;
  private final Set<List<Face>> test;
  private final Map<Face, Face> copies;
  private final Map<String, String> unread;
  private final int ambiguous;

  private GlyphDataset(
      GlyphConfiguration configuration, List<Face> faces, Map<String, String> unread, int ambiguous)
      throws IOException {
    Designs found = new Designs(faces);
    this.configuration = configuration;
    this.unread = unread;
    this.ambiguous = ambiguous;
    this.copies = found.copies();
    this.designs = found.groups();
    requireTwoDesigns();
    this.test = new DesignSplit(configuration).test(designs, configuration.seed());
    requireBothSplits();
  }

  /**
   * Reads all fonts (TrueType and OpenType files and collections) in folders and the folders in
   * them, and draws the characters that they have. Left out are: a character that a font lacks or
   * draws as its box for missing ones, what one font draws for several characters, and fonts that
   * draw the same as another.
   *
   * @param folders where the fonts are
   * @param configuration which characters, and how they are drawn and divided
   * @param progress hears of each file that cannot be read, and why
   * @return the images
   * @throws IOException if a folder cannot be read or holds no font, or a character is drawn by
   *     fewer than two designs, so that one split would lack it; the message names the characters
   */
  public static GlyphDataset draw(
      List<Path> folders, GlyphConfiguration configuration, Consumer<String> progress)
      throws IOException {
    FontReader reader = new FontReader(configuration);
    List<Face> faces = new ArrayList<>();
    Map<String, String> unread = new TreeMap<>();
    Set<String> seen = new HashSet<>();
    int ambiguous = 0;
    for (Map.Entry<String, Path> each : fontFiles(folders).entrySet()) {
      try {
        for (Face face : reader.read(each.getKey(), Files.readAllBytes(each.getValue()))) {
          ambiguous += Designs.removeAmbiguous(face);
          if (!face.images.isEmpty() && seen.add(face.sha256 + "#" + face.index)) {
            faces.add(face);
          }
        }
      } catch (IOException e) {
        unread.put(each.getKey(), String.valueOf(e.getMessage()));
        progress.accept(each.getValue() + " is left out: " + e.getMessage());
      }
    }
    if (faces.isEmpty()) {
      throw new IOException(
          "no font in %s has any of the characters %s"
              .formatted(folders, String.join("", configuration.characters())));
    }
    Collections.sort(faces);
    return new GlyphDataset(configuration, faces, unread, ambiguous);
  }

  /**
   * Writes a folder with the four IDX files of MNIST, {@code classes.txt} and {@code
   * manifest.json}; the data set {@code glyphs} reads it.
   *
   * @param folder the folder to make; an empty one may exist
   * @throws IOException if it holds anything already or cannot be written; it is then as it was
   */
  public void writeTo(Path folder) throws IOException {
    new GlyphFolder(this).writeTo(folder);
  }

  /**
   * The numbers of images by class.
   *
   * @param testing of the test rather than the training split
   * @return by character, in the order of the classes
   */
  public Map<String, Integer> images(boolean testing) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    configuration.characters().forEach(character -> counts.put(character, 0));
    for (Face face : faces(testing)) {
      face.images
          .keySet()
          .forEach(label -> counts.merge(configuration.characters().get(label), 1, Integer::sum));
    }
    return counts;
  }

  /**
   * The number of designs.
   *
   * @param testing of the test rather than the training split
   * @return groups of faces that belong together
   */
  public int designs(boolean testing) {
    return testing ? test.size() : designs.size() - test.size();
  }

  /**
   * The number of faces whose images are in the data.
   *
   * @param testing of the test rather than the training split
   * @return without faces that draw the same as another
   */
  public int faceCount(boolean testing) {
    return faces(testing).size();
  }

  List<Face> faces(boolean testing) {
    return designs.stream()
        .filter(design -> test.contains(design) == testing)
        .flatMap(List::stream)
        .sorted()
        .toList();
  }

  List<List<Face>> designs() {
    return designs;
  }

  GlyphConfiguration configuration() {
    return configuration;
  }

  Map<Face, Face> copies() {
    return copies;
  }

  Map<String, String> unread() {
    return unread;
  }

  int ambiguous() {
    return ambiguous;
  }

  private void requireTwoDesigns() throws IOException {
    List<String> rare = new ArrayList<>();
    for (int label = 0; label < configuration.characters().size(); label++) {
      int wanted = label;
      long having =
          designs.stream()
              .filter(d -> d.stream().anyMatch(face -> face.images.containsKey(wanted)))
              .count();
      if (having < 2) {
        rare.add(configuration.characters().get(label));
      }
    }
    if (!rare.isEmpty()) {
      throw new IOException(
          "fewer than two designs draw %s, but training and test need one each; add fonts or leave"
                  .formatted(rare)
              + " these characters out");
    }
  }

  private void requireBothSplits() throws IOException {
    for (boolean testing : new boolean[] {false, true}) {
      List<String> lacking =
          images(testing).entrySet().stream()
              .filter(each -> each.getValue() == 0)
              .map(Map.Entry::getKey)
              .toList();
      if (!lacking.isEmpty()) {
        throw new IOException(
            "with seed %d and test share %s, the %s data would lack %s, which few fonts have; try"
                    .formatted(
                        configuration.seed(),
                        configuration.testShare(),
                        testing ? "test" : "training",
                        lacking)
                + " another seed or add fonts");
      }
    }
  }

  /** By their path in the folder, which does not tell where the folder is. */
  private static Map<String, Path> fontFiles(List<Path> folders) throws IOException {
    Map<String, Path> files = new TreeMap<>();
    Set<Path> real = new TreeSet<>();
    for (Path folder : folders) {
      if (!Files.isDirectory(folder)) {
        throw new IOException(
            folder + (Files.exists(folder) ? " is no folder" : " does not exist"));
      }
      List<Path> found;
      try (Stream<Path> walk = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
        found =
            walk.filter(Files::isRegularFile)
                .filter(
                    file -> {
                      String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
                      return ENDINGS.stream().anyMatch(name::endsWith);
                    })
                .sorted()
                .toList();
      }
      for (Path file : found) {
        if (real.add(file.toRealPath())) {
          files.putIfAbsent(folder.relativize(file).toString().replace('\\', '/'), file);
        }
      }
    }
    if (files.isEmpty()) {
      throw new IOException(
          "%s holds no fonts; expected files that end in %s"
              .formatted(folders, String.join(", ", ENDINGS)));
    }
    return files;
  }
}
