package io.github.steelyard.reference;

import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.reference.ReferenceResult.Outcome;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** One file of published numbers. */
public final class ReferenceCase {
  private static final List<ReferenceKind> KINDS =
      List.of(
          new OptimizerSteps(),
          new StatsQValues(),
          new LsqValues(),
          new AnnealingMasks(),
          new Oscillations(),
          new WeightAligningValues(),
          new HardConcreteValues(),
          new TransformedSparseValues(),
          new ConditionNumberValues(),
          new ScoreValues(),
          new GatedConvolutions(),
          new TradesValues(),
          new WeightAverages(),
          new InteractionValues(),
          new QuantizedModules());

  /** Work on a readable file. */
  private interface Work {
    ReferenceResult on(Path file) throws IOException;
  }

  /** Where the file comes from. */
  private interface Source {
    ReferenceResult lend(Work work) throws IOException;
  }

  private final String name;
  private final Source source;

  private ReferenceCase(String name, Source source) {
    this.name = name;
    this.source = source;
  }

  static ReferenceCase ofFile(String name, Path file) {
    return new ReferenceCase(name, work -> work.on(file));
  }

  /** A resource may lie inside a jar, where it cannot be mapped: it is copied out. */
  static ReferenceCase ofResource(String name, String resource) {
    return new ReferenceCase(
        name,
        work -> {
          Path copy = Files.createTempFile("steelyard-case", ".safetensors");
          try (InputStream in = ReferenceCase.class.getResourceAsStream(resource)) {
            if (in == null) {
              throw new IOException("the built-in case " + resource + " is not on the class path");
            }
            Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
            return work.on(copy);
          } finally {
            Files.deleteIfExists(copy);
          }
        });
  }

  /**
   * The case's name: its path without the extension, such as {@code optim/adamp-default}.
   *
   * @return the name
   */
  public String name() {
    return name;
  }

  /**
   * Computes the case on this machine and compares. Never throws for a damaged or unknown file:
   * that is a result too.
   *
   * @return what was found
   */
  public ReferenceResult replay() {
    try {
      return source.lend(this::replay);
    } catch (IOException e) {
      return ReferenceResult.notCompared(name, Outcome.FAILED, Double.NaN, reason(e));
    }
  }

  private ReferenceResult replay(Path path) throws IOException {
    try (SafeTensorsFile file = SafeTensors.open(path)) {
      for (ReferenceKind kind : KINDS) {
        if (kind.recognises(file)) {
          return replay(kind, file);
        }
      }
      return ReferenceResult.notCompared(
          name,
          Outcome.UNRECOGNISED,
          Double.NaN,
          "its metadata " + file.metadata().keySet() + " is of no known kind of case");
    }
  }

  private ReferenceResult replay(ReferenceKind kind, SafeTensorsFile file) {
    Deviation deviation = new Deviation();
    try {
      Scope.run(() -> kind.replay(file, deviation));
      return deviation.result(name, kind.tolerance());
    } catch (IOException
        | RuntimeException e) { // libtorch refuses nonsensical content with a RuntimeException
      return ReferenceResult.notCompared(name, Outcome.FAILED, kind.tolerance(), reason(e));
    }
  }

  private static String reason(Exception e) {
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    return message.lines().findFirst().orElse(message);
  }
}
