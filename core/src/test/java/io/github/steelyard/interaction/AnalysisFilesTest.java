package io.github.steelyard.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.nn.Activation;
import io.github.steelyard.nn.Module;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnalysisFilesTest {
  private static final List<String> LAYERS = TinyNetworks.layers(1);
  private static final InteractionConfiguration LOCAL = InteractionConfiguration.local();

  @TempDir Path folder;

  private final Module model = TinyNetworks.perceptron(Activation.RELU, 4, List.of(5), 2);
  private final Tensor inputs = TinyNetworks.normal(1, 40, 4);
  private final List<String> heard = new ArrayList<>();

  private InteractionResult run(InteractionConfiguration configuration) throws IOException {
    heard.clear();
    try (Segments segments = Segments.open(model, LAYERS, inputs)) {
      return new InteractionBasis(configuration)
          .listener((phase, done, total) -> heard.add(phase + " " + done + "/" + total))
          .compute(segments, TinyNetworks.batches(inputs, 20), folder);
    }
  }

  private static void assertSame(InteractionResult one, InteractionResult other) {
    for (int s = 0; s < one.edges().size(); s++) {
      assertThat(one.edges().get(s).weights().equal(other.edges().get(s).weights())).isTrue();
    }
    for (int l = 0; l < one.layers().size(); l++) {
      assertThat(one.layers().get(l).vectors().equal(other.layers().get(l).vectors())).isTrue();
    }
  }

  @Test
  void givenAnInterruptedAnalysis_whenItRunsAgain_thenOnlyWhatIsMissingIsComputed()
      throws IOException {
    InteractionResult first = run(LOCAL);
    assertThat(heard)
        .containsExactly(
            "means 1/2",
            "means 2/2",
            "Gram matrices 1/2",
            "Gram matrices 2/2",
            "basis of hidden1 1/2",
            "basis of hidden1 2/2",
            "basis of input 1/2",
            "basis of input 2/2",
            "edges from input to hidden1 1/2",
            "edges from input to hidden1 2/2",
            "edges from hidden1 to output 1/2",
            "edges from hidden1 to output 2/2");

    Files.delete(folder.resolve("edges.1.safetensors"));
    Files.delete(folder.resolve("jacobian.0.safetensors"));
    InteractionResult second = run(LOCAL);

    assertThat(heard)
        .containsExactly(
            "basis of input 1/2",
            "basis of input 2/2",
            "edges from hidden1 to output 1/2",
            "edges from hidden1 to output 2/2");
    assertSame(first, second);
    assertSame(first, run(LOCAL));
    assertThat(heard).isEmpty();
    try (SafeTensorsFile file = SafeTensors.open(folder.resolve("bases.safetensors"))) {
      assertThat(file.read("layer.1.basis").equal(first.layers().get(1).vectors())).isTrue();
    }
  }

  @Test
  void givenFilesOfSomethingElse_whenTheAnalysisRuns_thenTheErrorSaysWhatDiffers()
      throws IOException {
    run(LOCAL);
    byte[] before = Files.readAllBytes(folder.resolve("edges.0.safetensors"));

    assertThatThrownBy(() -> run(LOCAL.with(i -> i.threshold = 1e-7)))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("threshold = 1.0E-5, but now it is 1.0E-7");
    model.namedParameters().get("fc1.bias").tensor().detach().zero_();
    assertThatThrownBy(() -> run(LOCAL))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("moments.safetensors")
        .hasMessageContaining("network");
    assertThat(Files.readAllBytes(folder.resolve("edges.0.safetensors"))).isEqualTo(before);
  }

  @Test
  void givenOneOtherBitInAnyFile_whenTheAnalysisRuns_thenTheErrorNamesTheFile() throws IOException {
    run(LOCAL);
    for (String name : List.of("moments", "jacobian.0", "jacobian.1", "edges.0", "edges.1")) {
      Path file = folder.resolve(name + ".safetensors");
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length - 3] ^= 2;
      Files.write(file, bytes);
      assertThatThrownBy(() -> run(LOCAL))
          .isInstanceOf(FileFormatException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("checksum");
      bytes[bytes.length - 3] ^= 2;
      Files.write(file, bytes);
    }
  }

  @Test
  void givenWhatAKilledAnalysisLeft_whenItRunsAgain_thenTheHalfWrittenFileIsGone()
      throws IOException {
    Path partial =
        Files.write(folder.resolve(".edges.0.safetensors.x.steelyard-partial"), new byte[3]);
    run(LOCAL);
    assertThat(partial).doesNotExist();
  }

  @Test
  void givenATruncatedFile_whenTheAnalysisRuns_thenTheErrorNamesTheFile() throws IOException {
    run(LOCAL);
    Path file = folder.resolve("jacobian.1.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));

    assertThatThrownBy(() -> run(LOCAL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("jacobian.1.safetensors");
  }

  @Test
  void givenAFileThatCannotBeReadOrWritten_whenTheAnalysisRuns_thenTheErrorNamesTheFile()
      throws IOException {
    Files.createDirectory(folder.resolve("moments.safetensors"));
    assertThatThrownBy(() -> run(LOCAL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(folder.resolve("moments.safetensors").toString())
        .hasMessageContaining("delete it to compute it again");
    Files.delete(folder.resolve("moments.safetensors"));
    run(LOCAL);
    Files.delete(folder.resolve("bases.safetensors"));
    Files.createDirectory(folder.resolve("bases.safetensors"));
    assertThatThrownBy(() -> run(LOCAL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("bases.safetensors: it is a folder");
  }

  @Test
  void givenAllFiles_whenTheAnalysisRunsAgain_thenNothingIsWritten() throws IOException {
    InteractionResult first = run(LOCAL);
    FileTime past = FileTime.fromMillis(1_000_000_000_000L);
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, past);
      }
    }
    assertSame(first, run(LOCAL));
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        assertThat(Files.getLastModifiedTime(file)).as(file.toString()).isEqualTo(past);
      }
    }
    Files.write(folder.resolve("bases.safetensors"), new byte[] {1, 2, 3});
    run(LOCAL);
    try (SafeTensorsFile file = SafeTensors.open(folder.resolve("bases.safetensors"))) {
      assertThat(file.read("layer.1.basis").equal(first.layers().get(1).vectors())).isTrue();
    }
  }
}
