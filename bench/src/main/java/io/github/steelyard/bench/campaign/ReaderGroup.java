package io.github.steelyard.bench.campaign;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Readers that belong together. */
abstract class ReaderGroup {
  final Path folder;
  private final List<Reader> all = new ArrayList<>();

  /**
   * Of a folder.
   *
   * @param folder where the damaged files will lie, and what readers need beside them; is there
   */
  ReaderGroup(Path folder) {
    this.folder = folder;
  }

  final void add(
      String name, String file, List<byte[]> valid, boolean checked, Reader.Reading reading) {
    all.add(new Reader(name, file, valid, checked, reading));
  }

  final List<Reader> readers() {
    return all;
  }
}
