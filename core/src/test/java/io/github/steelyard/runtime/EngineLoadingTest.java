package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("once")
@EnabledOnOs(OS.LINUX)
class EngineLoadingTest {
  @TempDir Path folder;

  private ChildJvm probe() {
    return ChildJvm.of(EngineProbe.class);
  }

  private ChildJvm probeWithOwnCache(Path cache) {
    return probe().option("-Dorg.bytedeco.javacpp.cachedir=" + cache);
  }

  /** A library that loads, under the name of one of libtorch's: it lacks every symbol. */
  private static void copyAnyLibrary(Path target) throws IOException {
    try (var in =
        EngineLoadingTest.class.getResourceAsStream(
            "/org/bytedeco/pytorch/" + NativeLibraries.platform() + "/libgomp.so.1")) {
      Files.copy(in, target);
    }
  }

  @Test
  void givenAnEmptyCacheAndAnotherLibtorchOnTheLoaderPath_whenThreeStartAtOnce_thenAllUseOurs()
      throws Exception {
    Path foreign = Files.createDirectory(folder.resolve("foreign"));
    for (String name : List.of("libtorch_cpu.so", "libtorch.so", "libc10.so")) {
      copyAnyLibrary(foreign.resolve(name));
    }
    List<ChildJvm.Running> children = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      children.add(
          probeWithOwnCache(folder.resolve("shared"))
              .environment("LD_LIBRARY_PATH", foreign.toString())
              .start());
    }
    for (ChildJvm.Running child : children) {
      ChildJvm.Result result = child.await(120);
      assertThat(result.output()).as(result.errors()).contains("sum=3.0");
    }
  }

  @Test
  void givenACacheWithATornLibrary_whenTheEngineStarts_thenItIsExtractedAgain() throws Exception {
    Path cache = folder.resolve("torn");
    assertThat(probeWithOwnCache(cache).run().output())
        .contains("sum=3.0")
        .containsPattern("extracted=(\\d{9}) of \\1");
    assertThat(probeWithOwnCache(cache).run().output()).contains("extracted=0 of 0");
    try (var files = Files.walk(cache)) {
      Path library = files.filter(f -> f.endsWith("libc10.so")).findFirst().orElseThrow();
      Files.write(library, new byte[1000]);
    }

    ChildJvm.Result result = probeWithOwnCache(cache).run();

    assertThat(result.output())
        .as(result.errors())
        .contains("sum=3.0")
        .containsPattern("extracted=(\\d+) of \\1");
  }

  @Test
  void givenOnlyTheDependency_whenTheEngineStarts_thenAllWorkInOneTeam() throws Exception {
    ChildJvm.Result result = probe().environment("OMP_DISPLAY_ENV", "VERBOSE").run();

    assertThat(result.errors()).contains("GOMP_SPINCOUNT = '300000'");
    assertThat(result.output()).contains("policy=brief", "blas=OpenBLAS in libgomp's threads");
  }

  @Test
  void givenATeamThatTheEnvironmentLimits_whenTheEngineStarts_thenOpenBlasKeepsItsThreads()
      throws Exception {
    ChildJvm.Result result =
        probe().environment("OMP_THREAD_LIMIT", "1").environment("OMP_DISPLAY_ENV", "TRUE").run();

    assertThat(result.errors()).contains("OMP_WAIT_POLICY = 'PASSIVE'");
    assertThat(result.output()).contains("policy=passive", "blas=OpenBLAS in threads of its own");
  }

  @Test
  void givenAWaitPolicyInTheEnvironment_whenTheEngineStarts_thenItIsKept() throws Exception {
    ChildJvm.Result result =
        probe()
            .environment("OMP_DISPLAY_ENV", "TRUE")
            .environment("OMP_WAIT_POLICY", "ACTIVE")
            .run();

    assertThat(result.errors()).contains("OMP_WAIT_POLICY = 'ACTIVE'");
  }

  @Test
  void givenThreadsAsAProperty_whenTheEngineStarts_thenThePropertyWins() throws Exception {
    ChildJvm.Result result =
        probe().option("-Dsteelyard.threads=1").environment("OMP_NUM_THREADS", "2").run();

    assertThat(result.output()).contains("threads=1");
  }

  @Test
  void givenOneThread_whenMatricesAreMultiplied_thenOneCoreWorks() throws Exception {
    ChildJvm.Result result =
        ChildJvm.of(ProductProbe.class).argument("cores").option("-Dsteelyard.threads=1").run();

    assertThat(Double.parseDouble(result.output().trim())).as("cores").isLessThan(1.3);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void givenThreads_whenMatricesAreMultipliedAnywhere_thenTheNumbersAreRight(int threads)
      throws Exception {
    ChildJvm.Result result =
        ChildJvm.of(ProductProbe.class)
            .argument("numbers")
            .option("-Dsteelyard.threads=" + threads)
            .run();

    assertThat(result.output()).as(result.errors()).contains("all right");
  }

  @Test
  void givenBusyNeighbours_whenTheEngineRuns_thenSleepersShortenTheSpins() throws Exception {
    ChildJvm.Result result =
        ChildJvm.of(ProductProbe.class).argument("crowded").option("-Dsteelyard.threads=2").run();

    assertThat(result.output()).as(result.errors()).contains("sleepers came", "all right");
  }

  @Test
  void givenMoreThreadsThanAnyMachineHas_whenTheEngineStarts_thenTheyAreRefused() throws Exception {
    ChildJvm.Result result = probe().option("-Dsteelyard.threads=99999").run();

    assertThat(result.output()).contains("between 1 and 1024", "99999");
  }

  @Test
  void givenThreadsThatAreNoNumber_whenTheEngineStarts_thenTheMessageNamesThem() throws Exception {
    ChildJvm.Result result = probe().option("-Dsteelyard.threads=many").run();

    assertThat(result.output()).contains("steelyard.threads").contains("'many'");
  }

  @Test
  void givenAPlatformWithoutNativeBuild_whenTheEngineStarts_thenTheMessageSaysWhereItRuns()
      throws Exception {
    ChildJvm.Result result = probe().option("-Dorg.bytedeco.javacpp.platform=linux-arm64").run();

    assertThat(result.output())
        .startsWith("EngineUnavailableException")
        .contains("linux-arm64")
        .contains("linux-x86_64");
  }

  @Test
  void givenASupportedPlatformWithoutItsJar_whenTheEngineStarts_thenTheMessageNamesTheJar()
      throws Exception {
    ChildJvm.Result result = probe().option("-Dorg.bytedeco.javacpp.platform=macosx-arm64").run();

    assertThat(result.output()).contains("org.bytedeco:pytorch").contains("macosx-arm64");
  }
}
