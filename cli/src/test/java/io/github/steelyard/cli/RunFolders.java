package io.github.steelyard.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** Makes run folders look as if their run had been killed, and compares what runs wrote. */
public final class RunFolders {
  private RunFolders() {}

  public static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path each : all.toList()) {
        Files.copy(each, to.resolve(from.relativize(each)));
      }
    }
  }

  public static void delete(Path path) {
    try (Stream<Path> all = Files.walk(path)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A copy of a finished run as it was after a step: later checkpoints and results are gone. */
  public static void copyKilledAfter(long step, Path whole, Path killed) throws IOException {
    copy(whole, killed);
    for (String gone : new String[] {"results.json", "report.html", "exports"}) {
      if (Files.exists(killed.resolve(gone))) {
        delete(killed.resolve(gone));
      }
    }
    delete(killed.resolve("checkpoints/best.safetensors"));
    String next = String.format(java.util.Locale.ROOT, "step-%09d", step + 1);
    try (Stream<Path> all = Files.list(killed.resolve("checkpoints"))) {
      all.filter(file -> file.getFileName().toString().startsWith("step-"))
          .filter(file -> file.getFileName().toString().compareTo(next) >= 0)
          .forEach(RunFolders::delete);
    }
  }

  /** Both files hold the same tensors, bit for bit. */
  public static void requireEqual(Path expected, Path found) {
    Scope.run(
        () -> {
          Map<String, Tensor> right = read(expected);
          Map<String, Tensor> here = read(found);
          assertThat(here.keySet()).isEqualTo(right.keySet());
          right.forEach(
              (name, tensor) -> assertThat(here.get(name).equal(tensor)).as(name).isTrue());
        });
  }

  public static Map<String, Tensor> read(Path file) {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      return open.readAll();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
