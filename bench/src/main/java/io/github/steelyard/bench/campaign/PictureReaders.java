package io.github.steelyard.bench.campaign;

import static io.github.steelyard.bench.campaign.Samples.files;
import static io.github.steelyard.bench.campaign.Samples.text;

import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.Image;
import io.github.steelyard.data.ImageFolder;
import io.github.steelyard.data.ImageFolderConfiguration;
import io.github.steelyard.data.Split;
import io.github.steelyard.data.glyphs.GlyphConfiguration;
import io.github.steelyard.data.glyphs.GlyphDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Readers of pictures, arrays of pictures, and fonts. */
final class PictureReaders extends ReaderGroup {
  private PictureReaders(Path folder) {
    super(folder);
  }

  static List<Reader> in(Path folder) throws IOException {
    PictureReaders readers = new PictureReaders(folder);
    readers.arrays();
    readers.pictures();
    readers.fonts();
    return readers.readers();
  }

  private void arrays() throws IOException {
    Path idx = Files.createDirectories(folder.resolve("idx"));
    byte[] images = Samples.idx(256, 10, 6, 5);
    byte[] labels = Samples.idx(4, 10);
    for (String split : List.of("train", "t10k")) {
      Files.write(idx.resolve(split + "-images-idx3-ubyte"), images);
      Files.write(idx.resolve(split + "-labels-idx1-ubyte"), labels);
    }
    DatasetSource source = Datasets.get("mnist-idx");
    add(
        "IDX images",
        "idx/train-images-idx3-ubyte",
        List.of(images, Samples.gzip(images)),
        false,
        f -> restoring(f, images, () -> source.open(Split.TRAIN, idx).sample(3)));
    add(
        "IDX labels",
        "idx/train-labels-idx1-ubyte",
        List.of(labels, Samples.gzip(labels)),
        false,
        f -> restoring(f, labels, () -> source.open(Split.TRAIN, idx).label(3)));
    Path cifar = Files.createDirectories(folder.resolve("cifar"));
    add(
        "CIFAR",
        "cifar/test_batch.bin",
        List.of(Samples.cifar(1, 3)),
        false,
        f -> Datasets.get("cifar10").open(Split.TEST, cifar).size());
  }

  /** Other readers need the file as it was. */
  private static Object restoring(Path file, byte[] content, Reading reading) throws IOException {
    try {
      return reading.read();
    } finally {
      Files.write(file, content);
    }
  }

  private interface Reading {
    Object read() throws IOException;
  }

  private void pictures() throws IOException {
    Reader.Reading reading = f -> Image.read(f);
    add(
        "PNG",
        "picture.png",
        files("rgb.png", "palette.png", "grey-16-bit.png", "palette-4-bit.png", "exif-2.png"),
        false,
        reading);
    add(
        "JPEG",
        "picture.jpg",
        files("rgb-420.jpg", "progressive.jpg", "cmyk.jpg", "grey.jpg", "rotated-by-exif.jpg"),
        false,
        reading);
    add(
        "WebP",
        "picture.webp",
        files("lossless.webp", "lossy.webp", "alpha.webp", "exif-8.webp"),
        false,
        reading);
    add(
        "TIFF",
        "picture.tif",
        files("lzw.tif", "cmyk.tif", "deflate.tif", "fax.tif", "palette.tif"),
        false,
        reading);
    add("BMP", "picture.bmp", files("rgb.bmp", "palette.bmp", "alpha.bmp"), false, reading);
    add("GIF", "picture.gif", files("palette.gif", "animated.gif"), false, reading);
    Path table = folder.resolve("table");
    pictures(table, "a", "b", "c", "d");
    add(
        "picture tables",
        "table/pictures.csv",
        List.of(text("path,label,split\na.png,x,train\nb.png,y,train\nc.png,x,val\nd.png,y,val\n")),
        false,
        f -> opened(table, "pictures.csv", null).size());
    for (String name : List.of("x", "y")) {
      pictures(folder.resolve("named/" + name), "0", "1", "2", "3");
    }
    add(
        "class names",
        "named/classes.txt",
        List.of(text("ants\nbees\n")),
        false,
        f -> opened(folder.resolve("named"), null, "classes.txt").classNames());
  }

  private static void pictures(Path folder, String... names) throws IOException {
    Files.createDirectories(folder);
    for (String name : names) {
      Files.write(folder.resolve(name + ".png"), files("palette-4-bit.png").get(0));
    }
  }

  private static Dataset opened(Path folder, String csv, String names) throws IOException {
    ImageFolderConfiguration usual = ImageFolderConfiguration.defaults();
    return ImageFolder.open(
        folder,
        Split.TRAIN,
        new ImageFolderConfiguration(
            csv, names, usual.onUnreadable(), usual.check(), usual.validationFraction(), 0));
  }

  private void fonts() throws IOException {
    Path fonts = Files.createDirectories(folder.resolve("fonts"));
    List<byte[]> designs = files("design-0.ttf", "design-1.ttf", "design-2.ttf");
    for (int i = 0; i < 2; i++) {
      Files.write(fonts.resolve("design-" + i + ".ttf"), designs.get(i));
    }
    font(fonts, "TrueType fonts", "damaged.ttf", designs.get(2));
    font(fonts, "OpenType fonts", "damaged.otf", files("design-2.otf").get(0));
    font(fonts, "font collections", "damaged.ttc", files("designs.ttc").get(0));
  }

  private void font(Path fonts, String name, String file, byte[] valid) {
    GlyphConfiguration characters = new GlyphConfiguration(List.of("A", "B"), 16, 0.4, 3);
    add(
        name,
        "fonts/" + file,
        List.of(valid),
        false,
        f -> {
          List<String> left = new ArrayList<>();
          GlyphDataset drawn = GlyphDataset.draw(List.of(fonts), characters, left::add);
          Files.delete(f);
          if (!left.isEmpty()) {
            throw new IOException(left.get(0));
          }
          return drawn.designs(false);
        });
  }
}
