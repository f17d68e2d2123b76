package io.github.steelyard.cli.command;

import io.github.steelyard.cli.console.UsageException;
import io.github.steelyard.data.glyphs.CharacterSet;
import io.github.steelyard.data.glyphs.GlyphConfiguration;
import io.github.steelyard.data.glyphs.GlyphDataset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "glyphs",
    description = {
      "Draw characters from the fonts in folders and write them as a data set.",
      "Each font gives one image a character; fonts of the test are unseen in training.",
      "Read it with the data set 'glyphs' and this folder."
    },
    footer = {
      "",
      "Example:",
      "  steelyard data glyphs --fonts /usr/share/fonts --output data/glyphs",
      "",
      "docs/glyphs.md names fonts to install and the characters of each set."
    })
final class GlyphsCommand implements Callable<Integer> {
  /** FontBox warns of tables that are of no use here; what matters comes as an exception. */
  private static final class FontLog {
    static final Logger LOGGER = Logger.getLogger("org.apache.fontbox");
  }

  @ParentCommand private DataCommand parent;

  @Option(
      names = "--fonts",
      paramLabel = "DIR",
      required = true,
      arity = "1..*",
      description = "Folders with TrueType and OpenType fonts; folders in them are searched too.")
  private List<Path> fonts;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      required = true,
      description = "The folder to make; nothing may be in it.")
  private Path folder;

  @Option(
      names = "--classes",
      paramLabel = "SET",
      split = ",",
      defaultValue = "digits,latin,greek,cyrillic",
      description =
          "Sets of characters: digits, latin, greek, cyrillic, hiragana, katakana"
              + "; ${DEFAULT-VALUE} if not given.")
  private List<String> sets;

  @Option(
      names = "--characters",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Further characters, each a class of its own.")
  private String further;

  @Option(
      names = "--size",
      paramLabel = "PIXELS",
      defaultValue = "28",
      description = "Height and width of the images; ${DEFAULT-VALUE} if not given.")
  private int size;

  @Option(
      names = "--test-share",
      paramLabel = "SHARE",
      defaultValue = "0.25",
      description = "Aimed-at share of the images for the test; ${DEFAULT-VALUE} if not given.")
  private double testShare;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Decides which fonts are for the test; ${DEFAULT-VALUE} if not given.")
  private long seed;

  @Override
  public Integer call() throws IOException {
    FontLog.LOGGER.setLevel(Level.OFF);
    GlyphConfiguration configuration =
        UsageException.unless(() -> new GlyphConfiguration(characters(), size, testShare, seed));
    GlyphDataset data =
        GlyphDataset.draw(
            fonts, configuration, message -> parent.output.err().println("warning: " + message));
    data.writeTo(folder);
    if (parent.output.isJson()) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("folder", folder.toString());
      result.put("classes", configuration.characters());
      result.put("train", counts(data, false));
      result.put("test", counts(data, true));
      parent.output.printJson(result);
    } else {
      report(data);
    }
    return 0;
  }

  private List<String> characters() {
    List<String> characters = new ArrayList<>();
    sets.forEach(set -> characters.addAll(CharacterSet.of(set.strip()).characters()));
    further.codePoints().mapToObj(Character::toString).forEach(characters::add);
    return characters;
  }

  private void report(GlyphDataset data) {
    List<List<String>> rows = new ArrayList<>();
    for (boolean testing : new boolean[] {false, true}) {
      List<String> row = new ArrayList<>(List.of(testing ? "test" : "train"));
      counts(data, testing).values().forEach(value -> row.add(value.toString()));
      rows.add(row);
    }
    parent.output.printTable(
        List.of("split", ">designs", ">fonts", ">images", ">fewest a class", ">most a class"),
        rows);
    parent
        .output
        .out()
        .println(
            "%d classes are in %s; use it with data.name=glyphs and data.folder=%s"
                .formatted(data.images(false).size(), folder, folder));
  }

  private static Map<String, Integer> counts(GlyphDataset data, boolean testing) {
    var byClass = data.images(testing).values().stream().mapToInt(Integer::intValue);
    var statistics = byClass.summaryStatistics();
    Map<String, Integer> counts = new LinkedHashMap<>();
    counts.put("designs", data.designs(testing));
    counts.put("fonts", data.faceCount(testing));
    counts.put("images", (int) statistics.getSum());
    counts.put("fewest_images_of_a_class", statistics.getMin());
    counts.put("most_images_of_a_class", statistics.getMax());
    return counts;
  }
}
