package io.github.steelyard.data;

import java.util.List;

/** Brings the data sets of this room. */
public final class OwnDatasets implements DatasetProvider {
  /** Called by {@link java.util.ServiceLoader}. */
  public OwnDatasets() {}

  @Override
  public List<DatasetSource> datasets() {
    return Datasets.own();
  }
}
