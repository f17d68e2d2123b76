package io.github.steelyard.interaction;

import io.github.steelyard.data.BatchSource;
import io.github.steelyard.io.AtomicFile;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * The files of an analysis, in a folder or nowhere: one for each phase, such as the edges of a
 * segment. A phase that the folder holds is read, if it was computed for the same network, data and
 * settings; otherwise it is computed and saved.
 */
final class AnalysisFiles {
  private static final System.Logger LOG = System.getLogger(AnalysisFiles.class.getName());
  private static final String SAMPLES = "samples";
  private static final String ERROR = "relative_error";
  private static final String SOURCES = "edge_sources";

  private final Path folder;
  private final AnalysisIdentity identity;

  private AnalysisFiles(Path folder, AnalysisIdentity identity) {
    this.folder = folder;
    this.identity = identity;
  }

  static AnalysisFiles unsaved() {
    return new AnalysisFiles(null, null);
  }

  static <T> T in(
      Path folder,
      Segments segments,
      BatchSource data,
      InteractionConfiguration configuration,
      Function<AnalysisFiles, T> work)
      throws IOException {
    Distributed.current()
        .lead(
            () -> {
              Files.createDirectories(folder);
              AtomicFile.removeAbandoned(folder);
            });
    AnalysisIdentity identity = AnalysisIdentity.of(segments, data, configuration);
    try {
      return work.apply(new AnalysisFiles(folder, identity));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** What a phase's file holds. */
  private record Content(Map<String, Tensor> tensors, Map<String, String> values) {
    Tensor kept(String name) {
      return Scope.keep(tensors.get(name));
    }

    boolean has(String name) {
      return tensors.containsKey(name);
    }
  }

  private <T> T phase(
      String name,
      Map<String, String> settings,
      Supplier<T> compute,
      Function<T, Content> toContent,
      Function<Content, T> fromContent) {
    if (folder == null) {
      return compute.get();
    }
    Path file = folder.resolve(name + ".safetensors");
    try {
      // Of many ranks all read it, or all compute it.
      if (!Distributed.current().any(!Files.exists(file))) {
        return saved(file, settings, fromContent);
      }
      T result = compute.get();
      Content content = toContent.apply(result);
      Map<String, String> metadata = new LinkedHashMap<>(settings);
      metadata.putAll(content.values());
      SafeTensors.write(file, content.tensors(), metadata);
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static <T> T saved(
      Path file, Map<String, String> settings, Function<Content, T> fromContent)
      throws IOException {
    List<T> read = new ArrayList<>();
    Distributed.current()
        .together(
            "read " + file.getFileName(),
            () -> read.add(fromContent.apply(content(file, settings))));
    return read.get(0);
  }

  private static Content content(Path file, Map<String, String> settings) throws IOException {
    try (SafeTensorsFile saved = SafeTensors.open(file)) {
      AnalysisIdentity.requireSame(file, saved.metadata(), settings);
      if (!saved.hasChecksum()) {
        LOG.log(
            System.Logger.Level.WARNING,
            "{0} is from before an analysis put a checksum into its files: if it is damaged, that"
                + " may not show; delete it to compute it again",
            file);
      }
      return new Content(saved.readAll(), saved.metadata());
    } catch (FileFormatException e) {
      throw e;
    } catch (IOException e) {
      throw new IOException(
          "cannot read %s, which an earlier analysis left: %s; delete it to compute it again"
              .formatted(file, e.getMessage()),
          e);
    }
  }

  List<Moments> moments(Supplier<List<Moments>> compute) {
    return phase(
        "moments",
        identity == null ? Map.of() : identity.ofMoments(),
        compute,
        all -> {
          Map<String, Tensor> tensors = new LinkedHashMap<>();
          for (int i = 0; i < all.size(); i++) {
            tensors.put("layer." + i + ".mean", all.get(i).mean());
            tensors.put("layer." + i + ".gram", all.get(i).gram());
          }
          return new Content(tensors, Map.of(SAMPLES, Long.toString(all.get(0).samples())));
        },
        content -> {
          long samples = Long.parseLong(content.values().get(SAMPLES));
          List<Moments> all = new ArrayList<>();
          for (int i = 0; content.has("layer." + i + ".gram"); i++) {
            all.add(
                new Moments(
                    content.kept("layer." + i + ".mean"),
                    content.kept("layer." + i + ".gram"),
                    samples));
          }
          return all;
        });
  }

  JacobianPass.Result jacobian(int layer, Supplier<JacobianPass.Result> compute) {
    return phase(
        "jacobian." + layer,
        identity == null ? Map.of() : identity.ofBases(),
        compute,
        result -> {
          Map<String, Tensor> tensors = new LinkedHashMap<>();
          tensors.put("jacobian_gram", result.gram());
          if (result.gradientProduct() != null) {
            tensors.put("lambda_dash", result.gradientProduct());
          }
          return new Content(tensors, Map.of(ERROR, Double.toString(result.relativeError())));
        },
        content ->
            new JacobianPass.Result(
                content.kept("jacobian_gram"),
                Double.parseDouble(content.values().get(ERROR)),
                content.has("lambda_dash") ? content.kept("lambda_dash") : null));
  }

  /** For other programs: bases follow from moments and M' in no time and are never read. */
  void bases(List<LayerBasis> bases) {
    if (folder == null) {
      return;
    }
    Path file = folder.resolve("bases.safetensors");
    // Where all files are there, nothing needs to be written: the folder may be read-only.
    if (!Distributed.current().any(!isOf(file, identity.ofBases()))) {
      return;
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < bases.size(); i++) {
      LayerBasis basis = bases.get(i);
      String prefix = "layer." + i + ".";
      tensors.put(prefix + "mean", basis.mean());
      tensors.put(prefix + "gram_eigenvalues", basis.gramEigenvalues());
      tensors.put(prefix + "lambda", basis.lambda());
      tensors.put(prefix + "basis", basis.vectors());
      tensors.put(prefix + "basis_inverse", basis.inverse());
    }
    try {
      SafeTensors.write(file, tensors, identity.ofBases());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isOf(Path file, Map<String, String> settings) {
    try (SafeTensorsFile saved = SafeTensors.open(file)) {
      return saved.metadata().equals(settings);
    } catch (IOException e) {
      return false; // It is not there, or not whole: it is written again.
    }
  }

  Edges edges(LayerBasis from, LayerBasis to, int segment, Supplier<Edges> compute) {
    return phase(
        "edges." + segment,
        identity == null ? Map.of() : identity.ofEdges(),
        compute,
        edges ->
            new Content(
                Map.of("edges", edges.weights(), "standard_error", edges.standardError()),
                Map.of(SOURCES, Integer.toString(edges.sources()))),
        content ->
            new Edges(
                from.layer(),
                to.layer(),
                content.kept("edges"),
                content.kept("standard_error"),
                Integer.parseInt(content.values().get(SOURCES))));
  }
}
