package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.data.PictureInventory.Copy;
import io.github.steelyard.data.PictureInventory.Size;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PictureInventoryTest {
  @TempDir Path folder;

  private Path put(String sample, String target) throws IOException {
    Path file = folder.resolve(target);
    Files.createDirectories(file.getParent());
    return Files.copy(ReferenceImages.resource(sample), file);
  }

  private PictureInventory look(String csv, PictureCheck check) throws IOException {
    return PictureInventory.of(
        folder,
        new ImageFolderConfiguration(csv, null, OnUnreadable.FAIL, check, 0.4, 3),
        (done, all) -> {});
  }

  @ParameterizedTest
  @EnumSource(
      value = PictureCheck.class,
      names = {"WHOLE", "KIND"})
  void givenSplitsWithDuplicates_whenTheyAreLookedAt_thenAllIsCountedAndNamed(PictureCheck check)
      throws IOException {
    put("images/rgb.png", "train/a/1 ä.png");
    put("images/rgb-444.jpg", "train/a/2.jpg");
    put("images/rgb.png", "train/b/3.png");
    put("pictures/palette.gif", "train/b/4");
    put("pictures/lossless.webp", "train/b/5.webp");
    put("images/rgb-444.jpg", "val/a/6.jpg");
    put("pictures/plain.tif", "val/b/7.tif");
    Files.write(folder.resolve("val/b/8.png"), new byte[0]);
    byte[] jpeg = Files.readAllBytes(ReferenceImages.resource("images/rgb-444.jpg"));
    Files.write(folder.resolve("val/a/cut.jpg"), Arrays.copyOf(jpeg, jpeg.length / 2));

    PictureInventory found = look(null, check);

    boolean whole = check == PictureCheck.WHOLE;
    assertThat(found.isDecoded()).isEqualTo(whole);
    assertThat(found.isDrawn()).isFalse();
    assertThat(found.files()).isEqualTo(9);
    assertThat(found.samples().get(Split.TRAIN)).containsExactly(2, 3);
    assertThat(found.samples().get(Split.TEST)).containsExactly(whole ? 1 : 2, 1);
    assertThat(found.unreadable())
        .as("damage behind the header is found by decoding")
        .extracting(PictureReport.Unreadable::file)
        .isEqualTo(whole ? List.of("a/cut.jpg", "b/8.png") : List.of("b/8.png"));
    assertThat(found.formats()).containsEntry("PNG", 2).containsEntry("JPEG", whole ? 2 : 3);
    assertThat(found.duplicates()).hasSize(2);
    assertThat(found.contradictions())
        .containsExactly(
            List.of(
                new Copy("a/1 ä.png", Split.TRAIN, "a"), new Copy("b/3.png", Split.TRAIN, "b")));
    assertThat(found.leaks())
        .containsExactly(
            List.of(new Copy("a/2.jpg", Split.TRAIN, "a"), new Copy("a/6.jpg", Split.TEST, "a")));
    ImageFolder training =
        ImageFolder.open(
            folder.resolve("train"),
            new ImageFolderConfiguration(null, null, OnUnreadable.SKIP, check, 0.4, 3));
    List<Size> decoded = new ArrayList<>();
    for (int i = 0; i < training.size(); i++) {
      ImageShape shape = training.sample(i).image().shape();
      decoded.add(new Size(shape.height(), shape.width()));
    }
    assertThat(found.sizes().keySet()).as("sizes without decoding").containsAll(decoded);
  }

  @Test
  void givenTurnedPictures_whenOnlyHeadersAreRead_thenSizesAreThoseOfTheDecodedPictures()
      throws IOException {
    try (var all = Files.list(ReferenceImages.resource("pictures/plain.tif").getParent())) {
      int number = 0;
      for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
        Path target = folder.resolve("a/" + number++ + "-" + file.getFileName());
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
    PictureInventory whole = look(null, PictureCheck.WHOLE);

    assertThat(whole.sizes()).isNotEmpty();
    for (PictureReport.Unreadable file : whole.unreadable()) {
      Files.delete(folder.resolve(file.file()));
    }
    assertThat(look(null, PictureCheck.KIND).sizes())
        .isEqualTo(look(null, PictureCheck.WHOLE).sizes());
  }

  @Test
  void givenNoSplit_whenPicturesAreLookedAt_thenTheSplitIsThatOfARun() throws IOException {
    for (int i = 0; i < 10; i++) {
      put("images/rgb.png", "a/" + i + ".png");
    }
    put("images/rgb-444.jpg", "b/only.jpg");
    PictureInventory found = look(null, PictureCheck.WHOLE);
    ImageFolderConfiguration same =
        new ImageFolderConfiguration(null, null, OnUnreadable.FAIL, PictureCheck.WHOLE, 0.4, 3);
    Dataset held = ImageFolder.open(folder, Split.TEST, same);

    assertThat(found.isDrawn()).isTrue();
    assertThat(found.samples().get(Split.TRAIN)).containsExactly(6, 1);
    assertThat(found.samples().get(Split.TEST)).containsExactly(4, 0);
    assertThat(
            found.duplicates().get(0).stream()
                .filter(copy -> copy.split() == Split.TEST)
                .map(Copy::file))
        .containsExactly(held.describe(0), held.describe(1), held.describe(2), held.describe(3));
    assertThat(found.extremes().orElseThrow()).hasSize(2);
  }

  @Test
  void givenACsvFile_whenItIsLookedAt_thenItsRowsCount() throws IOException {
    put("images/rgb.png", "x.png");
    put("images/rgb-444.jpg", "y.jpg");
    Files.writeString(
        folder.resolve("labels.csv"),
        "path,label,split\nx.png,7,train\ny.jpg,9,val\ngone.png,9,train\n");
    PictureInventory found = look("labels.csv", PictureCheck.AUTO);

    assertThat(found.classNames()).containsExactly("7", "9");
    assertThat(found.samples().get(Split.TRAIN)).containsExactly(1, 0);
    assertThat(found.unreadable())
        .containsExactly(new PictureReport.Unreadable("gone.png", "does not exist"));
    assertThatThrownBy(() -> look("none.csv", PictureCheck.AUTO))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("none.csv does not exist");
  }
}
