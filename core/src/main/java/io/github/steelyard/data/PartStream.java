package io.github.steelyard.data;

/** The parts of whole batches. */
record PartStream(BatchStream whole, Part part) implements BatchStream {
  @Override
  public boolean hasNext() {
    return whole.hasNext();
  }

  @Override
  public Batch next() {
    return part.of(whole.next());
  }

  @Override
  public void close() {
    whole.close();
  }
}
