package io.github.steelyard.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * Where a result comes from. It travels in every checkpoint, exported file and report, so that a
 * number can be traced to the configuration, the seed, the data and the versions that made it.
 *
 * @param steelyard version of Steelyard
 * @param engine versions and settings of the native engine
 * @param seed the seed of the run
 * @param data SHA-256 of each data set, by its role, such as {@code train}
 * @param configuration the resolved configuration: JSON values by key
 * @param command the command line, one argument an element; empty in a library
 * @param created when the run started, ISO 8601 in UTC
 */
public record Provenance(
    String steelyard,
    EngineInfo engine,
    long seed,
    Map<String, String> data,
    Map<String, Object> configuration,
    List<String> command,
    String created) {

  /**
   * Copies the collections.
   *
   * @param steelyard version of Steelyard
   * @param engine versions and settings of the native engine
   * @param seed the seed of the run
   * @param data SHA-256 of each data set, by its role
   * @param configuration the resolved configuration
   * @param command the command line
   * @param created when the run started, ISO 8601 in UTC
   */
  public Provenance {
    data = Collections.unmodifiableMap(new LinkedHashMap<>(data));
    configuration = Collections.unmodifiableMap(new LinkedHashMap<>(configuration));
    command = List.copyOf(command);
  }

  /**
   * The provenance of a run that starts now on this machine.
   *
   * @param seed the seed of the run
   * @param data SHA-256 of each data set, by its role, such as {@code train}
   * @param configuration the resolved configuration: JSON values by key
   * @param command the command line, one argument an element; empty in a library
   * @return a new record
   */
  public static Provenance now(
      long seed,
      Map<String, String> data,
      Map<String, Object> configuration,
      List<String> command) {
    return new Provenance(
        version(),
        Engine.info(),
        seed,
        data,
        configuration,
        command,
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  /**
   * The version of Steelyard.
   *
   * @return such as {@code 0.1.0}
   */
  public static String version() {
    try (InputStream in = Provenance.class.getResourceAsStream("version.properties")) {
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the version from steelyard-core's jar", e);
    }
  }
}
