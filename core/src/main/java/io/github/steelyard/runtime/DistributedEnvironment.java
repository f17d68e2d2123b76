package io.github.steelyard.runtime;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which rank this process is of which group, as every launcher says it by environment variables
 * (torchrun, Kubeflow's PyTorchJob, {@code steelyard launch}).
 *
 * @param host {@code MASTER_ADDR}: the host of rank 0, where the ranks meet
 * @param port {@code MASTER_PORT}: its port, 1 to 65535
 * @param rank {@code RANK}: this process, from 0
 * @param size {@code WORLD_SIZE}: how many processes there are
 * @param localRank {@code LOCAL_RANK}: this process among those of its host; {@code rank} where it
 *     is not set
 * @param agentStore whether the launcher keeps the store at that port itself, as torchrun does
 *     ({@code TORCHELASTIC_USE_AGENT_STORE})
 * @param joinSeconds how long ranks wait for one another at the start ({@code
 *     STEELYARD_JOIN_SECONDS}, default 300)
 * @param silenceSeconds after how much silence a rank counts as gone or hung ({@code
 *     STEELYARD_SILENCE_SECONDS}, default 30), at least 2
 */
public record DistributedEnvironment(
    String host,
    int port,
    int rank,
    int size,
    int localRank,
    boolean agentStore,
    int joinSeconds,
    int silenceSeconds) {
  private static final List<String> NEEDED =
      List.of("MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE");
  private static final int MOST_RANKS = 65536;

  /**
   * Checks the values.
   *
   * @param host not blank
   * @param port 1 to 65535
   * @param rank 0 to size - 1
   * @param size at least 1
   * @param localRank at least 0
   * @param agentStore whether the launcher keeps the store
   * @param joinSeconds at least 1
   * @param silenceSeconds at least 2
   * @throws IllegalArgumentException if a value is out of range; the message names the variable
   */
  public DistributedEnvironment {
    if (host.isBlank()) {
      throw new IllegalArgumentException("MASTER_ADDR must be the host of rank 0, but is empty");
    }
    require("MASTER_PORT", port, 1, 65535);
    require("WORLD_SIZE", size, 1, MOST_RANKS);
    require("RANK", rank, 0, size - 1);
    require("LOCAL_RANK", localRank, 0, MOST_RANKS - 1);
    require("STEELYARD_JOIN_SECONDS", joinSeconds, 1, 86400);
    require("STEELYARD_SILENCE_SECONDS", silenceSeconds, 2, 86400);
  }

  private static void require(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " must be from " + least + " to " + most + ", but is " + value);
    }
  }

  /**
   * Reads the variables.
   *
   * @param variables the environment
   * @return empty if none of {@code RANK}, {@code WORLD_SIZE} is set: one process works alone
   * @throws IllegalArgumentException if some are set and others are missing, or one is not a
   *     number; the message names it
   */
  public static Optional<DistributedEnvironment> of(Map<String, String> variables) {
    if (!variables.containsKey("RANK") && !variables.containsKey("WORLD_SIZE")) {
      return Optional.empty();
    }
    List<String> missing = new ArrayList<>();
    for (String name : NEEDED) {
      if (!variables.containsKey(name)) {
        missing.add(name);
      }
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "the environment says that this is one of many processes, but lacks "
              + String.join(", ", missing)
              + "; a launcher sets all of "
              + NEEDED
              + " (unset RANK and WORLD_SIZE to work alone)");
    }
    int rank = number(variables, "RANK", 0);
    return Optional.of(
        new DistributedEnvironment(
            variables.get("MASTER_ADDR").trim(),
            number(variables, "MASTER_PORT", 0),
            rank,
            number(variables, "WORLD_SIZE", 1),
            number(variables, "LOCAL_RANK", Math.max(rank, 0)),
            variables.getOrDefault("TORCHELASTIC_USE_AGENT_STORE", "").equalsIgnoreCase("true"),
            number(variables, "STEELYARD_JOIN_SECONDS", 300),
            number(variables, "STEELYARD_SILENCE_SECONDS", 30)));
  }

  private static int number(Map<String, String> variables, String name, int fallback) {
    String text = variables.get(name);
    if (text == null) {
      return fallback;
    }
    try {
      return Integer.parseInt(text.trim());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " must be a number, but is '" + text + "'", e);
    }
  }

  /** Whether all ranks are on this machine by an address that leads nowhere else. */
  boolean isLoopback() {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new DistributedException(
          "MASTER_ADDR '" + host + "' cannot be resolved on this machine", e);
    }
  }

  @Override
  public String toString() {
    return "rank " + rank + " of " + size;
  }
}
