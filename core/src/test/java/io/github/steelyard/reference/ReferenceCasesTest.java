package io.github.steelyard.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.reference.ReferenceResult.Outcome;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("once")
class ReferenceCasesTest {
  @TempDir Path folder;

  private static List<String> builtInNames() {
    return ReferenceCases.builtIn().stream().map(ReferenceCase::name).toList();
  }

  private static ReferenceCase builtIn(String name) {
    return ReferenceCases.builtIn().stream()
        .filter(c -> c.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private ReferenceResult replayed(String name) throws IOException {
    return ReferenceCases.in(folder).stream()
        .filter(c -> c.name().equals(name))
        .findFirst()
        .orElseThrow()
        .replay();
  }

  private Path copyOf(String resource, String name) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in = ReferenceCases.class.getResourceAsStream(resource)) {
      Files.copy(in, file);
    }
    return file;
  }

  @ParameterizedTest
  @MethodSource("builtInNames")
  void givenAPublishedCase_whenReplayed_thenEveryTensorIsWithinTheTolerance(String name) {
    ReferenceResult result = builtIn(name).replay();

    assertThat(result.detail()).doesNotContain("nothing");
    assertThat(result.largestRelativeError())
        .as(result.toString())
        .isBetween(0.0, result.tolerance());
    assertThat(result.outcome()).isEqualTo(Outcome.PASSED);
    assertThat(result.passed()).isTrue();
  }

  private static List<ReferenceCase> peers() throws Exception {
    return ReferenceCases.in(Path.of(ReferenceCasesTest.class.getResource("peers").toURI()));
  }

  /** Made by {@code bench/peers/optim_reference.py} with PyTorch 2.10 and adamp 0.3.0. */
  @ParameterizedTest
  @MethodSource("peers")
  void givenStepsOfPyTorchsOptimizers_whenReplayed_thenEveryTensorIsWithinTheTolerance(
      ReferenceCase peer) {
    ReferenceResult result = peer.replay();

    assertThat(result.passed()).as(result.toString()).isTrue();
  }

  @Test
  void givenTheResources_whenListed_thenEachFileIsABuiltInCase() throws Exception {
    Path resources =
        Path.of(ReferenceCases.class.getResource("optim/adamp-default.safetensors").toURI());

    assertThat(ReferenceCases.in(resources.getParent().getParent()))
        .extracting(ReferenceCase::name)
        .containsExactlyElementsOf(builtInNames());
  }

  @Test
  void givenAFolderOfCases_whenReplayed_thenItGivesTheSameNumbersAsTheBuiltInOnes()
      throws IOException {
    copyOf("optim/sgdp-dampening.safetensors", "mine.safetensors");

    ReferenceResult own = replayed("mine");
    ReferenceResult published = builtIn("optim/sgdp-dampening").replay();

    assertThat(own.passed()).isTrue();
    assertThat(own.largestRelativeError()).isEqualTo(published.largestRelativeError());
  }

  @Test
  void givenAWrongNumber_whenReplayed_thenTheCaseFailsAndNamesTheTensor() throws IOException {
    rewrite(
        "wrong", (tensors, metadata) -> tensors.get("step7.param.conv").mul_(new Scalar(1.001)));

    ReferenceResult result = replayed("wrong");

    assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(result.detail()).isEqualTo("step7.param.conv");
    assertThat(result.largestRelativeError()).isBetween(0.9e-3, 1.1e-3);
  }

  @Test
  void givenAnotherCaseOfALayerWithoutFullRank_whenReplayed_thenRoundingIsNotItsGradient()
      throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Tensor weight = torch.ones(4, 3).to(ScalarType.Double);
    tensors.put("c0.weight", weight);
    double constant = Math.log(1e-5);
    tensors.put(
        "c0.penalty", torch.ones(1).to(ScalarType.Double).mul_(new Scalar(constant * constant)));
    tensors.put("c0.grad_weight", weight.mul(new Scalar(1e-40)));
    SafeTensors.write(
        folder.resolve("rank.safetensors"), tensors, Map.of("kind", "condition-number"));
    tensors.put("c0.grad_weight", weight);
    SafeTensors.write(
        folder.resolve("wrong.safetensors"), tensors, Map.of("kind", "condition-number"));

    assertThat(replayed("rank").passed()).isTrue();
    assertThat(replayed("wrong").detail()).isEqualTo("c0.grad_weight");
    assertThat(replayed("wrong").passed()).isFalse();
  }

  @Test
  void givenNotANumber_whenReplayed_thenTheCaseFails() throws IOException {
    rewrite(
        "nan",
        (tensors, metadata) -> tensors.get("step12.grad.bias").fill_(new Scalar(Double.NaN)));

    ReferenceResult result = replayed("nan");

    assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(result.largestRelativeError()).isNaN();
    assertThat(result.detail()).isEqualTo("step12.param.bias");
  }

  @Test
  void givenDamagedFiles_whenReplayed_thenEachIsAFailedCaseThatSaysWhy() throws IOException {
    rewrite("lacking", (tensors, metadata) -> tensors.remove("step3.grad.row"));
    rewrite("shape", (tensors, metadata) -> tensors.put("step2.grad.bias", torch.ones(3, 4)));
    rewrite(
        "option",
        (tensors, metadata) ->
            metadata.put("hyperparameters", "{\"lr\":0.1,\"weight_decay\":0,\"momentun\":0.9}"));
    rewrite("json", (tensors, metadata) -> metadata.put("hyperparameters", "{oops"));
    rewrite("unknown", (tensors, metadata) -> metadata.put("optimizer", "AdamQ"));
    rewrite("steps", (tensors, metadata) -> metadata.put("steps", "-1"));
    rewrite("missing-order", (tensors, metadata) -> metadata.put("order", "[\"conw\"]"));
    Path truncated = copyOf("optim/adamp-default.safetensors", "truncated.safetensors");
    byte[] bytes = Files.readAllBytes(truncated);
    Files.write(truncated, Arrays.copyOf(bytes, bytes.length / 2));
    Files.write(folder.resolve("empty.safetensors"), new byte[0]);

    assertFailed("lacking", "'step3.grad.row' is missing");
    assertFailed("shape", "'bias'", "[3, 4]");
    assertFailed("option", "momentun", "did you mean 'momentum'");
    assertFailed("json", "hyperparameters", "{oops");
    assertFailed("unknown", "adamq", "did you mean 'adam'");
    assertFailed("steps", "'steps'", "-1");
    assertFailed("missing-order", "initial.conw");
    assertFailed("truncated", "truncated.safetensors");
    assertFailed("empty", "empty.safetensors");
  }

  @Test
  void givenAFileOfAnUnknownKind_whenReplayed_thenItIsNotRecognised() throws IOException {
    Scope.run(
        () -> {
          try {
            SafeTensors.write(
                folder.resolve("weights.safetensors"), Map.of("w", torch.ones(2)), Map.of());
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });

    ReferenceResult result = replayed("weights");

    assertThat(result.outcome()).isEqualTo(Outcome.UNRECOGNISED);
    assertThat(result.passed()).isFalse();
    assertThat(result.name()).isEqualTo("weights");
  }

  @Test
  void givenAFolderWithoutCases_whenOpened_thenTheErrorNamesIt() {
    assertThatThrownBy(() -> ReferenceCases.in(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(folder.toString());
    assertThatThrownBy(() -> ReferenceCases.in(folder.resolve("nowhere")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nowhere");
  }

  private void assertFailed(String name, String... reasons) throws IOException {
    ReferenceResult result = replayed(name);
    assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(result.name()).isEqualTo(name);
    assertThat(result.detail()).contains(reasons);
  }

  private interface Change {
    void make(Map<String, Tensor> tensors, Map<String, String> metadata);
  }

  /** Copies a published case with a change. */
  private void rewrite(String name, Change change) throws IOException {
    Path original = copyOf("optim/sgdp-nesterov-decay.safetensors", "original.safetensors");
    try (SafeTensorsFile file = SafeTensors.open(original)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(file.readAll());
      Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
      change.make(tensors, metadata);
      SafeTensors.write(folder.resolve(name + ".safetensors"), tensors, metadata);
    }
    Files.delete(original);
  }
}
