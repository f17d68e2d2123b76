package io.github.steelyard.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.steelyard.testing.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunDirectoryTest {
  @TempDir Path folder;

  /** A finished run beside a file that is not part of it. */
  private Path finishedRun() throws IOException {
    Path run = folder.resolve("run");
    try (RunDirectory directory = RunDirectory.create(run)) {
      Files.writeString(directory.recipe(), "seed: 1\n");
      Files.writeString(directory.metrics(), "{\"event\":\"step\"}\n");
      Files.writeString(directory.checkpoints().resolve("step-000000001.safetensors"), "weights");
      Files.createDirectories(directory.events());
      Files.writeString(directory.events().resolve("curve"), "curve");
      directory.writeResults(Map.of("steps", 1));
    }
    Files.writeString(
        Files.createDirectory(run.resolve("explain")).resolve("stage.safetensors"), "numbers");
    Files.writeString(run.resolve("notes.txt"), "mine");
    return run;
  }

  /** Without the lock's file: reading it would release the lock, which belongs to the process. */
  private static Map<String, String> contents(Path folder) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> Files.isRegularFile(f) && !f.endsWith(".lock")).toList()) {
        contents.put(folder.relativize(file).toString(), Files.readString(file));
      }
    }
    return contents;
  }

  @Test
  void givenAFolderWithARun_whenANewOneIsCreatedThere_thenItIsRefusedAndNothingChanges()
      throws IOException {
    Path run = finishedRun();
    Map<String, String> before = contents(run);
    assertThatThrownBy(() -> RunDirectory.create(run))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(run + " already holds a run")
        .hasMessageContaining("resume it, replace it or choose another name");
    assertThat(contents(run)).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"recipe.yaml", "metrics.jsonl", "report.html", "results.json"})
  void givenOnlyOneFileOfARun_whenANewOneIsCreatedThere_thenItIsRefused(String name)
      throws IOException {
    Files.writeString(folder.resolve(name), "old");
    assertThatThrownBy(() -> RunDirectory.create(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("already holds a run");
    assertThat(folder.resolve(name)).hasContent("old");
  }

  @Test
  void givenAFolderWithARun_whenItIsResumed_thenNothingChanges() throws IOException {
    Path run = finishedRun();
    Map<String, String> before = contents(run);
    RunDirectory.resume(run).close();
    assertThat(contents(run)).isEqualTo(before);
  }

  @Test
  void givenAFolderWithARun_whenItIsReplaced_thenTheRunIsGoneAndOtherFilesStay()
      throws IOException {
    Path run = finishedRun();
    try (RunDirectory directory = RunDirectory.replace(run)) {
      assertThat(directory.checkpoints()).isEmptyDirectory();
      assertThat(directory.newestCheckpoint()).isEmpty();
    }
    assertThat(contents(run)).containsExactly(Map.entry("notes.txt", "mine"));
  }

  @Test
  void givenALinkToAFolderElsewhere_whenTheRunIsReplaced_thenOnlyTheLinkIsRemoved()
      throws IOException {
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Files.writeString(elsewhere.resolve("valuable"), "mine");
    Path run = Files.createDirectory(folder.resolve("run"));
    Files.createSymbolicLink(run.resolve("checkpoints"), elsewhere);
    RunDirectory.replace(run).close();
    assertThat(elsewhere.resolve("valuable")).hasContent("mine");
  }

  @Test
  void givenNoRun_whenItIsResumedOrOpened_thenTheErrorSaysWhatIsMissing() throws IOException {
    Path nowhere = folder.resolve("nowhere");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    for (Path path : List.of(nowhere, empty)) {
      String message =
          path.equals(nowhere) ? "there is no run folder " + path : path + " holds no run";
      assertThatThrownBy(() -> RunDirectory.resume(path)).hasMessageContaining(message);
      assertThatThrownBy(() -> RunDirectory.open(path)).hasMessageContaining(message);
    }
    assertThat(nowhere).doesNotExist();
    assertThat(empty).isEmptyDirectory();
  }

  @Test
  void givenARunThatIsBeingWritten_whenAnotherWantsItsFolder_thenItIsRefusedButMayBeRead()
      throws Exception {
    Path run = finishedRun();
    try (RunDirectory directory = RunDirectory.resume(run)) {
      Map<String, String> before = contents(run);
      for (ThrowingCallable second :
          List.<ThrowingCallable>of(
              () -> RunDirectory.resume(run), () -> RunDirectory.replace(run))) {
        assertThatThrownBy(second)
            .isInstanceOf(IOException.class)
            .hasMessageContaining(run + " is in use by another run");
      }
      ChildJvm.Result other = ChildJvm.of(Child.class).argument(run).run();
      assertThat(other.output().lines())
          .as(other.errors())
          .hasSize(2)
          .allMatch(line -> line.equals("the run folder " + run + " is in use by another run"));
      assertThat(contents(run)).isEqualTo(before);
      assertThat(RunDirectory.open(run).metrics()).exists();
      assertThat(directory.path()).isEqualTo(run);
    }
    RunDirectory.resume(run).close();
  }

  /** Tries to resume and to replace a run from another process. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws IOException {
      Path run = Path.of(arguments[0]);
      try {
        RunDirectory.resume(run).close();
      } catch (IOException e) {
        System.out.println(e.getMessage());
      }
      try {
        RunDirectory.replace(run).close();
      } catch (IOException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void givenAFileWhereAFolderMustBe_whenARunIsCreated_thenTheErrorNamesItAndTheFileStays()
      throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "mine");
    for (Path path : List.of(file, file.resolve("run"))) {
      assertThatThrownBy(() -> RunDirectory.create(path))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot use " + path + " as a run folder")
          .hasMessageMatching(".*(is not a folder|Not a directory).*");
    }
    assertThat(file).hasContent("mine");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void givenAPlaceWhereNobodyCanMakeFolders_whenARunIsCreated_thenTheErrorNamesIt() {
    Path path = Path.of("/proc/self/run");
    assertThatThrownBy(() -> RunDirectory.create(path))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot use /proc/self/run as a run folder: the file system");
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void givenAFolderWithoutPermission_whenARunIsCreated_thenTheErrorNamesIt() throws IOException {
    Path closed = Files.createDirectory(folder.resolve("closed"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
    Assumptions.assumeFalse(Files.isWritable(closed), "root may write everywhere");
    assertThatThrownBy(() -> RunDirectory.create(closed.resolve("run")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no permission to write " + closed.resolve("run"));
    assertThatThrownBy(() -> RunDirectory.create(closed))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no permission to write");
  }

  @Test
  void givenAFolderOpenedForReading_whenATrainerIsToWriteThere_thenItIsRefused()
      throws IOException {
    Path run = finishedRun();
    TinyRun.Net model = TinyRun.net();
    Trainer trainer =
        new Trainer(
            model,
            TinyRun.adamW(model),
            TinyRun.clouds(),
            new CrossEntropy(),
            TrainingConfiguration.ofEpochs(1));
    assertThatThrownBy(() -> trainer.runDirectory(RunDirectory.open(run)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("opened for reading");
  }
}
