package io.github.steelyard.bench.campaign;

import java.nio.file.Path;
import java.util.List;

/**
 * Something of ours that reads a file.
 *
 * @param name a row of the table
 * @param file what the damaged file is called
 * @param valid files that are read without a word
 * @param checked whether the format carries a checksum, so that no damage may be believed
 * @param reading opens a file and tells what is in it
 */
record Reader(String name, String file, List<byte[]> valid, boolean checked, Reading reading) {
  /** Reads a file. */
  @FunctionalInterface
  interface Reading {
    /**
     * Reads all of a file.
     *
     * @param file is there
     * @return what it holds; with a checked format, equal for equal files
     * @throws Exception as the reader documents
     */
    Object read(Path file) throws Exception;
  }
}
