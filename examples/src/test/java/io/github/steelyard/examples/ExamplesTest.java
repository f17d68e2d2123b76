package io.github.steelyard.examples;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import com.sun.net.httpserver.HttpServer;
import io.github.steelyard.incremental.ClassMap;
import io.github.steelyard.incremental.ClassifierFile;
import io.github.steelyard.io.ModelFile;
import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.predict.Classifier;
import io.github.steelyard.predict.Prediction;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExamplesTest {
  private static final List<String> SHAPES = List.of("circle", "\"kantig\", grün");

  @TempDir static Path shared;
  private static Path pictures;

  @TempDir Path folder;

  @FunctionalInterface
  private interface Example {
    void run(String[] arguments) throws Exception;
  }

  @FunctionalInterface
  private interface Service {
    HttpServer start(String file, int port) throws Exception;
  }

  @BeforeAll
  static void draw() throws Exception {
    Engine.getEngine("OnnxRuntime"); // DJL refuses an ONNX Runtime that others started.
    pictures = shared.resolve("pictures");
    DrawPictures.main(new String[] {pictures.toString(), "10"});
  }

  private static String printed(Example example, Object... arguments) throws Exception {
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, "UTF-8"));
    try {
      example.run(List.of(arguments).stream().map(Object::toString).toArray(String[]::new));
    } finally {
      System.setOut(before);
    }
    return out.toString("UTF-8");
  }

  private static void copy(Path from, Path to) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(from)) {
      for (Path file : files) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  private void answersAsTheLibrary(Service service) throws Exception {
    Seeds.set(1);
    Module model = FineTune.network(SHAPES.size());
    FineTune.save(folder, model, ClassMap.empty().with(SHAPES));
    Path picture = pictures.resolve("star/003.png");
    Prediction own =
        new Classifier(model, FineTune.INPUT, SHAPES, Device.CPU).predict(picture).get(0);

    HttpServer server = service.start(folder.resolve("model.onnx").toString(), 0);
    try {
      URI place = URI.create("http://localhost:" + server.getAddress().getPort());
      HttpResponse<String> answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(place).POST(BodyPublishers.ofFile(picture)).build(),
                  BodyHandlers.ofString());
      HttpResponse<String> refusal =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(place).POST(BodyPublishers.ofString("no picture")).build(),
                  BodyHandlers.ofString());

      assertThat(answer.body())
          .isEqualTo(
              String.format(
                  Locale.ROOT,
                  "{\"name\": \"%s\", \"probability\": %.4f}",
                  own.name().replace("\"", "\\\""),
                  own.probability()));
      assertThat(refusal.statusCode()).isEqualTo(400);
      assertThat(printed(Ask::main, place, picture)).contains("star/003.png", answer.body(), " ms");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void givenAPicture_whenTheServiceOfOnnxRuntimeIsAsked_thenItAnswersAsTheLibrary()
      throws Exception {
    answersAsTheLibrary(OnnxService::start);
  }

  @Test
  void givenAPicture_whenTheServiceOfDjlIsAsked_thenItAnswersAsTheLibrary() throws Exception {
    answersAsTheLibrary(DjlService::start);
  }

  @Test
  void givenATrainedNetwork_whenAClassComesLater_thenFilesChangeOnlyIfTheOthersDoNotSuffer()
      throws Exception {
    Path weights = shared.resolve("clothes.safetensors");
    ModelFile.save(weights, Models.create("resnet8"));
    Path first = Files.createDirectory(folder.resolve("first"));
    for (String shape : List.of("circle", "ring", "square", "triangle")) {
      copy(pictures.resolve(shape), Files.createDirectory(first.resolve(shape)));
    }
    Path made = folder.resolve("made");
    Path file = made.resolve(FineTune.CLASSIFIER);

    String tuned = printed(FineTune::main, first, weights, made, 2);
    byte[] before = Files.readAllBytes(file);
    String refused = printed(ExtendLater::main, made, pictures, "star", 1, -1.1);
    byte[] kept = Files.readAllBytes(file);
    String learned = printed(ExtendLater::main, made, pictures, "star", 1, 1);

    assertThat(tuned).contains("from 1 to 3 input channels", "epoch 2: ", "accuracy");
    assertThat(refused).contains("classes known: ", "stay as they were");
    assertThat(kept).isEqualTo(before);
    assertThat(learned).contains("star: ", "the files are replaced");
    assertThat(ClassifierFile.classes(file).classes())
        .containsExactly("circle", "ring", "square", "triangle", "star");
    assertThat(made.resolve("model.onnx")).isNotEmptyFile();
  }
}
