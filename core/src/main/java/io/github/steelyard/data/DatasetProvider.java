package io.github.steelyard.data;

import java.util.List;

/**
 * Brings data sets by name. A jar names its provider in {@code
 * META-INF/services/io.github.steelyard.data.DatasetProvider}; recipes then write {@code data:
 * {name: <name>}}, programs {@link Datasets#get}. A data set is one file: a {@link Dataset}, which
 * knows its size, labels and class names and gives a sample as an {@link Image}, with its provider
 * nested in it; or the provider alone, if the samples fit an {@link InMemoryDataset}.
 *
 * <pre>{@code
 * public final class Stripes implements Dataset {
 *   ...
 *   public static final class Provider implements DatasetProvider {
 *     public List<DatasetSource> datasets() {
 *       return List.of(
 *           DatasetSource.generated(
 *               "stripes", "upright and lying stripes, computed",
 *               Options.class, new Options(400, 12), o -> Normalization.none(1), Stripes::new));
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>The line in the services file is the binary name, {@code com.example.Stripes$Provider}. The
 * provider needs a public constructor without arguments. Data from files are a {@link
 * DatasetSource#DatasetSource}, whose opener gets the folder that the user named; computed data are
 * {@link DatasetSource#generated}, whose options recipes can set. Shuffling, transforms, batches
 * and the fingerprint in the provenance are the loader's work.
 */
public interface DatasetProvider {
  /**
   * The data sets of one jar.
   *
   * @return at least one
   */
  List<DatasetSource> datasets();
}
