package io.github.steelyard.data.glyphs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.Image;
import io.github.steelyard.data.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GlyphDatasetTest {
  private static final GlyphConfiguration AB =
      new GlyphConfiguration(List.of("A", "B"), 28, 0.25, 3);

  @TempDir Path folder;
  private Path fonts;

  @BeforeEach
  void fourDesigns() throws IOException {
    fonts = Files.createDirectories(folder.resolve("fonts/inner"));
    for (int i = 0; i < 4; i++) {
      save("design" + i + ".ttf", font("Design " + "WXYZ".charAt(i), "Regular", 60 + 80 * i));
    }
  }

  /** A is a triangle, B an upright bar with a foot; the pen's width makes the design. */
  private static TestFont font(String family, String style, int width) {
    return new TestFont(family, style)
        .with('A', 0, 0, 300, 700, 300 + width, 700, 600, 0)
        .with('B', 0, 0, 0, 700, width, 700, width, width, 500, width, 500, 0);
  }

  private void save(String name, TestFont font) throws IOException {
    Files.write(fonts.resolve(name), font.bytes());
  }

  private GlyphDataset draw(GlyphConfiguration configuration, List<String> warnings)
      throws IOException {
    return GlyphDataset.draw(List.of(folder.resolve("fonts")), configuration, warnings::add);
  }

  private GlyphDataset draw() throws IOException {
    return draw(AB, new ArrayList<>());
  }

  @Test
  void givenFonts_whenTheyAreDrawn_thenTheDataSetReadsThemWithTheirClassNames() throws Exception {
    Path output = folder.resolve("made/here");

    draw().writeTo(output);

    Dataset training = Datasets.get("glyphs").open(Split.TRAIN, output);
    Dataset test = Datasets.get("glyphs").open(Split.TEST, output);
    assertThat(training.classNames()).containsExactly("A", "B");
    assertThat(training.size()).isEqualTo(6);
    assertThat(test.size()).isEqualTo(2);
    assertThat(Files.readString(output.resolve("manifest.json")))
        .contains("Design W", "Public domain", "inner/design0.ttf", "\"split\" : \"test\"");
    try (Stream<Path> files = Files.list(output.getParent())) {
      assertThat(files).containsExactly(output);
    }
  }

  @Test
  void givenABar_whenItIsDrawn_thenItFillsTwentyOfTwentyEightPixelsInTheMiddle() throws Exception {
    Path output = folder.resolve("made");
    fonts = folder.resolve("bars");
    Files.createDirectories(fonts);
    save(
        "a.ttf",
        new TestFont("P", "R")
            .with('A', 0, 0, 0, 700, 350, 700, 350, 0)
            .with('B', 0, 0, 0, 9, 9, 0));
    save(
        "b.ttf",
        new TestFont("Q", "R").with('A', 0, 0, 0, 700, 70, 700, 70, 0).with('B', 0, 0, 9, 9, 9, 0));
    GlyphDataset.draw(
            List.of(fonts), new GlyphConfiguration(List.of("A", "B"), 28, 0.5, 0), m -> {})
        .writeTo(output);

    List<Image> bars = new ArrayList<>();
    for (Split split : Split.values()) {
      bars.add(Datasets.get("glyphs").open(split, output).sample(0).image());
    }
    Image wide = bars.get(0).pixels()[14 * 28 + 9] != 0 ? bars.get(0) : bars.get(1);
    for (int row = 0; row < 28; row++) {
      for (int column = 0; column < 28; column++) {
        boolean inside = row >= 4 && row < 24 && column >= 9 && column < 19;
        assertThat(wide.pixels()[row * 28 + column] & 0xFF)
            .as("row %d, column %d", row, column)
            .isEqualTo(inside ? 255 : 0);
      }
    }
  }

  @Test
  void givenTheSameFontsElsewhere_whenTheyAreDrawnAgain_thenEveryByteIsTheSame() throws Exception {
    draw().writeTo(folder.resolve("first"));
    Files.move(folder.resolve("fonts"), folder.resolve("moved"));
    GlyphDataset.draw(List.of(folder.resolve("moved")), AB, message -> {})
        .writeTo(folder.resolve("second"));

    try (Stream<Path> files = Files.list(folder.resolve("first"))) {
      assertThat(files.toList())
          .hasSize(6)
          .allSatisfy(
              file ->
                  assertThat(folder.resolve("second").resolve(file.getFileName()))
                      .hasSameBinaryContentAs(file));
    }
  }

  @Test
  void givenACopyUnderAnotherName_whenFontsAreDrawn_thenItIsLeftOutAndItsFamilyStaysTogether()
      throws Exception {
    save("copy.ttf", font("Another Name", "Regular", 60));
    save("bold.ttf", font("Another Name", "Bold", 500));
    save("light.ttf", font("Design X Light", "Regular", 20));

    GlyphDataset data = draw();

    assertThat(data.designs(false) + data.designs(true)).isEqualTo(4);
    assertThat(data.faceCount(false) + data.faceCount(true)).isEqualTo(6);
    assertThat(data.copies()).hasSize(1);
  }

  @Test
  void givenGlyphsThatSayNothing_whenFontsAreDrawn_thenTheyAreLeftOut() throws Exception {
    int[] flag = {0, 0, 0, 700, 400, 500, 90, 450, 90, 0};
    save("same.ttf", new TestFont("Same", "R").with('A', flag).with('B', flag));
    save("box.ttf", new TestFont("Box", "R").with('A', TestFont.missing()));
    save("empty.ttf", new TestFont("Empty", "R").with('A', 0, 0, 0, 0, 0, 0));

    GlyphDataset data = draw();

    assertThat(data.faceCount(false) + data.faceCount(true)).isEqualTo(4);
    assertThat(data.ambiguous()).isEqualTo(2);
  }

  @Test
  void givenADamagedFont_whenFontsAreDrawn_thenItIsNamedAndTheOthersAreRead() throws Exception {
    byte[] whole = font("Damaged", "Regular", 33).bytes();
    Files.write(fonts.resolve("cut.ttf"), java.util.Arrays.copyOf(whole, whole.length / 2));
    Files.writeString(fonts.resolve("text.otf"), "no font");
    List<String> warnings = new ArrayList<>();

    GlyphDataset data = draw(AB, warnings);

    assertThat(warnings).hasSize(2).anySatisfy(w -> assertThat(w).contains("cut.ttf"));
    assertThat(data.unread()).containsKeys("inner/cut.ttf", "inner/text.otf");
    assertThat(data.designs(false)).isEqualTo(3);
  }

  @Test
  void givenACharacterThatNoFontHas_whenFontsAreDrawn_thenTheErrorNamesIt() {
    GlyphConfiguration three = new GlyphConfiguration(List.of("A", "B", "あ"), 28, 0.25, 0);

    assertThatThrownBy(() -> draw(three, new ArrayList<>()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("[あ]")
        .hasMessageContaining("add fonts");
  }

  @Test
  void givenAFolderThatIsInUse_whenTheDataIsWritten_thenNothingInItChanges() throws Exception {
    Path used = Files.createDirectory(folder.resolve("used"));
    Path kept = Files.writeString(used.resolve("kept"), "kept");

    assertThatThrownBy(() -> draw().writeTo(used))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("used is not empty");
    assertThat(kept).hasContent("kept");
  }

  @Test
  void givenWrongValues_whenTheyAreConfigured_thenTheErrorNamesThem() {
    List<String> ab = List.of("A", "B");
    assertThatThrownBy(() -> new GlyphConfiguration(ab, 7, 0.25, 0)).hasMessageContaining("7");
    assertThatThrownBy(() -> new GlyphConfiguration(ab, 28, 1, 0)).hasMessageContaining("1.0");
    assertThatThrownBy(() -> new GlyphConfiguration(List.of("A", "A"), 28, 0.2, 0))
        .hasMessageContaining("'A' is named twice");
    assertThatThrownBy(() -> new GlyphConfiguration(List.of("A", "BC"), 28, 0.2, 0))
        .hasMessageContaining("'BC'");
    assertThatThrownBy(() -> CharacterSet.of("lattin")).hasMessageContaining("'latin'");
  }

  @Test
  void givenTheCharacterSets_whenTheyAreJoined_thenNoCharacterComesTwice() {
    List<String> all =
        Stream.of(CharacterSet.values()).flatMap(set -> set.characters().stream()).toList();

    assertThat(all).hasSize(179).doesNotHaveDuplicates();
  }
}
