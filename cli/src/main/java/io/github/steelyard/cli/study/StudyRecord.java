package io.github.steelyard.cli.study;

import io.github.steelyard.cli.console.Json;
import io.github.steelyard.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What is known of one run of a study besides its results. It stands beside the run's folder, which
 * belongs to the command.
 *
 * @param seconds how long the run took, all attempts together
 * @param machine where the last attempt was made
 */
record StudyRecord(double seconds, Machine machine) {

  /**
   * Reads it.
   *
   * @return empty if there is none, as for a run that another program made
   * @throws IOException if it cannot be read
   */
  static Optional<StudyRecord> read(Path file) throws IOException {
    return Files.isRegularFile(file)
        ? Optional.of(Json.MAPPER.readValue(file.toFile(), StudyRecord.class))
        : Optional.empty();
  }

  /**
   * Adds an attempt.
   *
   * @throws IOException if it cannot be written
   */
  static StudyRecord add(Path file, double seconds, Machine machine) throws IOException {
    double before = read(file).map(StudyRecord::seconds).orElse(0.0);
    StudyRecord all = new StudyRecord(before + seconds, machine);
    AtomicFile.write(file, Json.MAPPER.writeValueAsBytes(all));
    return all;
  }
}
