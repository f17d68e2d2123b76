package io.github.steelyard.bench.campaign;

import io.github.steelyard.data.DatasetProvider;
import io.github.steelyard.data.DatasetSource;
import java.util.List;

/** What a foreign jar brings: {@link Samples#jar} puts this class into one. */
public final class BroughtDatasets implements DatasetProvider {
  /** Called by {@link java.util.ServiceLoader}. */
  public BroughtDatasets() {}

  @Override
  public List<DatasetSource> datasets() {
    return List.of();
  }
}
