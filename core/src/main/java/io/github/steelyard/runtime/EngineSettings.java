package io.github.steelyard.runtime;

import java.util.Locale;
import java.util.Map;

/**
 * Thread settings of the native engine.
 *
 * @param threads threads inside one operation, from 1 to 1024
 * @param waitPolicy what idle OpenMP threads do between operations
 */
public record EngineSettings(int threads, WaitPolicy waitPolicy) {

  private static final int MOST_THREADS = 1024;

  /** What an OpenMP thread does while it has no work. */
  public enum WaitPolicy {
    /** Sleep at once: the fast choice where OpenBLAS has threads of its own. */
    PASSIVE,
    /**
     * Spin for some milliseconds, as PyTorch does, but hardly at all while other programs want the
     * processors; then sleep: the fast choice where all share one team.
     */
    BRIEF,
    /** Spin: wastes a core that another program could use. */
    ACTIVE,
    /** The environment decides ({@code GOMP_SPINCOUNT} is set). */
    INHERITED
  }

  /**
   * Checks the values.
   *
   * @param threads threads inside one operation, from 1 to 1024
   * @param waitPolicy what idle OpenMP threads do between operations
   * @throws IllegalArgumentException if {@code threads} is below 1 or above 1024
   */
  public EngineSettings {
    if (threads < 1 || threads > MOST_THREADS) {
      throw new IllegalArgumentException(
          "threads must be between 1 and "
              + MOST_THREADS
              + ", but is "
              + threads
              + "; see steelyard.threads");
    }
  }

  /** What the system properties ask for, which a program may change at any time. */
  record Asked(String threads, String waitPolicy) {
    static Asked now() {
      return new Asked(
          System.getProperty("steelyard.threads"), System.getProperty("steelyard.waitPolicy"));
    }

    @Override
    public String toString() {
      return "steelyard.threads "
          + (threads == null ? "not set" : "= " + threads)
          + " and steelyard.waitPolicy "
          + (waitPolicy == null ? "not set" : "= " + waitPolicy);
    }
  }

  static EngineSettings fromEnvironment(WaitPolicy usual) {
    Asked asked = Asked.now();
    return resolve(
        asked.threads,
        asked.waitPolicy,
        System.getenv(),
        Runtime.getRuntime().availableProcessors(),
        usual);
  }

  static EngineSettings resolve(
      String threadsProperty,
      String policyProperty,
      Map<String, String> environment,
      int processors,
      WaitPolicy usual) {
    return new EngineSettings(
        threads(threadsProperty, environment, processors),
        policy(policyProperty, environment, usual));
  }

  private static int threads(String property, Map<String, String> environment, int processors) {
    if (property != null) {
      return parse("steelyard.threads", property);
    }
    String inherited = environment.get("OMP_NUM_THREADS");
    // OMP_NUM_THREADS may be a list with one number per nesting level; the first one is ours.
    return inherited == null || inherited.isBlank()
        ? processors
        : parse("OMP_NUM_THREADS", inherited.split(",", -1)[0]);
  }

  private static int parse(String name, String value) {
    try {
      return Integer.parseInt(value.trim());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          name + " must be a whole number of at least 1, but is '" + value + "'", e);
    }
  }

  private static WaitPolicy policy(
      String property, Map<String, String> environment, WaitPolicy usual) {
    if (property != null) {
      return parsePolicy("steelyard.waitPolicy", property);
    }
    if (environment.containsKey("GOMP_SPINCOUNT")) {
      return WaitPolicy.INHERITED;
    }
    String inherited = environment.get("OMP_WAIT_POLICY");
    return inherited == null ? usual : parsePolicy("OMP_WAIT_POLICY", inherited);
  }

  private static WaitPolicy parsePolicy(String name, String value) {
    return switch (value.trim().toLowerCase(Locale.ROOT)) {
      case "passive" -> WaitPolicy.PASSIVE;
      case "brief" -> WaitPolicy.BRIEF;
      case "active" -> WaitPolicy.ACTIVE;
      default ->
          throw new IllegalArgumentException(
              name + " must be passive, brief or active, but is '" + value + "'");
    };
  }
}
