package io.github.steelyard.nn.models;

import java.util.List;

/** Brings the models of this room. */
public final class OwnModels implements ModelProvider {
  /** Called by {@link java.util.ServiceLoader}. */
  public OwnModels() {}

  @Override
  public List<ModelEntry> models() {
    return Models.own();
  }
}
