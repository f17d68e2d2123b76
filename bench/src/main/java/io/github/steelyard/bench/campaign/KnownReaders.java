package io.github.steelyard.bench.campaign;

import static io.github.steelyard.bench.campaign.Samples.files;
import static io.github.steelyard.bench.campaign.Samples.text;
import static io.github.steelyard.bench.campaign.Samples.written;

import io.github.steelyard.cli.recipe.YamlDocument;
import io.github.steelyard.cli.run.RunKinds;
import io.github.steelyard.data.Dataset;
import io.github.steelyard.data.DatasetSource;
import io.github.steelyard.data.Datasets;
import io.github.steelyard.data.Image;
import io.github.steelyard.data.ImageFolder;
import io.github.steelyard.data.ImageFolderConfiguration;
import io.github.steelyard.data.PictureInput;
import io.github.steelyard.data.Split;
import io.github.steelyard.data.glyphs.GlyphConfiguration;
import io.github.steelyard.data.glyphs.GlyphDataset;
import io.github.steelyard.incremental.ClassMap;
import io.github.steelyard.incremental.ClassifierFile;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.predict.Classifier;
import io.github.steelyard.quant.PackedModel;
import io.github.steelyard.quant.PrepareQuantization;
import io.github.steelyard.quant.QuantizationConfiguration;
import io.github.steelyard.runtime.Provenance;
import io.github.steelyard.runtime.RegisterException;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import io.github.steelyard.runtime.State;
import io.github.steelyard.train.Checkpoint;
import io.github.steelyard.train.TensorChecksum;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch;

/** Every reader of files in the library and the command. */
final class KnownReaders {
  private static final List<String> RECIPES =
      List.of("sgd", "deit-imagenet", "life-vit-mini", "study-norm-growth", "incremental-glyphs");

  private final Path folder;
  private final List<Reader> all = new ArrayList<>();

  private KnownReaders(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
  }

  /**
   * All of them.
   *
   * @param folder where the damaged files will lie; made, with what the readers need beside them
   * @return in the order of the table
   */
  static List<Reader> in(Path folder) throws IOException {
    KnownReaders readers = new KnownReaders(folder);
    readers.weights();
    readers.arrays();
    readers.pictures();
    readers.texts();
    readers.others();
    return List.copyOf(readers.all);
  }

  private void add(
      String name, String file, List<byte[]> valid, boolean checked, Reader.Reading reading) {
    all.add(new Reader(name, file, valid, checked, reading));
  }

  private static Module mlp() {
    Seeds.set(1);
    return Models.create("mlp", options());
  }

  private static ModelOptions options() {
    return ModelOptions.none()
        .with(o -> o.hidden = List.of(8))
        .with(o -> o.imageSize = 8)
        .with(o -> o.classes = 3);
  }

  private void weights() throws IOException {
    Module model = mlp();
    Provenance provenance = Provenance.now(0, Map.of(), Map.of("lr", 0.1), List.of("steelyard"));
    Path file = folder.resolve("made.safetensors");
    byte[] plain = written(file, f -> ModelFile.save(f, model, provenance));
    add("safetensors", "model.safetensors", List.of(plain), false, KnownReaders::tensors);
    add(
        "weights of a model",
        "weights.safetensors",
        List.of(plain),
        false,
        f -> ModelFile.load(f, model));
    State state = new State(model.stateDict(), Map.of("fc1.weight", 18L, "best", 0.5));
    byte[] checkpoint =
        written(
            file, f -> new Checkpoint(Map.of("model", state), Map.of("created", "now")).write(f));
    add(
        "checkpoints",
        "step-000000018.safetensors",
        List.of(checkpoint),
        true,
        KnownReaders::checkpoint);
    byte[] classes =
        written(
            file,
            f ->
                ClassifierFile.save(
                    f, model, ClassMap.empty().with(List.of("a", "b", "c")), provenance));
    add(
        "class maps",
        "classifier.safetensors",
        List.of(classes),
        false,
        f -> ClassifierFile.classes(f).size());
    Scope.run(() -> packed(provenance, file));
    classifier(model, provenance, file);
  }

  private void packed(Provenance provenance, Path file) throws IOException {
    QuantizationConfiguration bits = QuantizationConfiguration.of(4, 4).withMethod("lsq");
    Module model = new PrepareQuantization(bits, torch.rand(4, 1, 8, 8)).apply(mlp());
    Optional<PackedModel.Origin> origin = Optional.of(new PackedModel.Origin("mlp", options()));
    byte[] packed = written(file, f -> PackedModel.save(f, model, bits, origin, provenance));
    add(
        "packed models",
        "model-packed.safetensors",
        List.of(packed),
        true,
        f -> Scope.compute(() -> TensorChecksum.of(PackedModel.load(f).stateDict())));
  }

  private void classifier(Module model, Provenance provenance, Path file) throws IOException {
    Map<String, String> told =
        Map.of(
            PictureInput.KEY,
            """
            {"size": 8, "crop_pct": 1.0, "interpolation": "bilinear", "mean": [0.3], "std": [0.3]}""",
            PackedModel.ORIGIN,
            """
            {"name": "mlp", "options": {"classes": 3, "imageSize": 8, "hidden": [8]}}""",
            Classifier.CLASS_NAMES,
            "[\"a\", \"b\", \"c\"]");
    byte[] whole = written(file, f -> ModelFile.save(f, model, provenance, told));
    add(
        "classifiers",
        "classifier-model.safetensors",
        List.of(whole),
        false,
        f -> Scope.compute(() -> Classifier.open(f).classNames()));
  }

  private static Object tensors(Path file) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      return Scope.compute(() -> open.readAll().size());
    }
  }

  private static Object checkpoint(Path file) throws IOException {
    return Scope.compute(
        () -> {
          Checkpoint read = Checkpoint.read(file);
          StringBuilder all = new StringBuilder();
          read.parts()
              .forEach(
                  (name, part) ->
                      all.append(name)
                          .append(TensorChecksum.of(part.tensors()))
                          .append(part.values()));
          return all.toString();
        });
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
    Path table = Files.createDirectories(folder.resolve("table"));
    for (String name : List.of("a", "b", "c", "d")) {
      Files.write(table.resolve(name + ".png"), files("palette-4-bit.png").get(0));
    }
    add(
        "picture tables",
        "table/pictures.csv",
        List.of(text("path,label,split\na.png,x,train\nb.png,y,train\nc.png,x,val\nd.png,y,val\n")),
        false,
        f -> pictures(table, "pictures.csv", null).size());
    for (String name : List.of("x", "y")) {
      Path inner = Files.createDirectories(folder.resolve("named/" + name));
      for (int i = 0; i < 4; i++) {
        Files.write(inner.resolve(i + ".png"), files("palette-4-bit.png").get(0));
      }
    }
    add(
        "class names",
        "named/classes.txt",
        List.of(text("ants\nbees\n")),
        false,
        f -> pictures(folder.resolve("named"), null, "classes.txt").classNames());
  }

  private static Dataset pictures(Path folder, String csv, String names) throws IOException {
    ImageFolderConfiguration usual = ImageFolderConfiguration.defaults();
    return ImageFolder.open(
        folder,
        Split.TRAIN,
        new ImageFolderConfiguration(
            csv, names, usual.onUnreadable(), usual.check(), usual.validationFraction(), 0));
  }

  private void texts() throws IOException {
    List<byte[]> recipes = new ArrayList<>();
    for (String name : RECIPES) {
      try (var in = RunKinds.class.getResourceAsStream("/recipes/" + name + ".yaml")) {
        recipes.add(in.readAllBytes());
        Files.write(folder.resolve(name + ".yaml"), recipes.get(recipes.size() - 1));
      }
    }
    add(
        "recipes",
        "recipe.yaml",
        recipes,
        false,
        f -> RunKinds.load().read(f, false, List.of()).name());
    add(
        "YAML",
        "document.yaml",
        recipes,
        false,
        f -> YamlDocument.parse(f.toString(), Files.readAllBytes(f)).root().size());
  }

  private void others() throws IOException {
    Path fonts = Files.createDirectories(folder.resolve("fonts"));
    List<byte[]> designs = files("design-0.ttf", "design-1.ttf", "design-2.ttf");
    for (int i = 0; i < 2; i++) {
      Files.write(fonts.resolve("design-" + i + ".ttf"), designs.get(i));
    }
    GlyphConfiguration characters = new GlyphConfiguration(List.of("A", "B"), 16, 0.4, 3);
    add(
        "fonts",
        "fonts/damaged.ttf",
        List.of(designs.get(2)),
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
    add("jars", "brought.jar", List.of(Samples.jar()), false, KnownReaders::jar);
  }

  private static Object jar(Path file) throws IOException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {file.toUri().toURL()}, before)) {
      thread.setContextClassLoader(loader);
      return Datasets.all().size();
    } catch (RegisterException e) { // It names the provider: Java does not tell its jar.
      throw new IOException(file + ": " + e.getMessage(), e);
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
