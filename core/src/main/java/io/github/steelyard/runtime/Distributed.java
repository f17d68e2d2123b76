package io.github.steelyard.runtime;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * The processes (ranks) that train one network together, by libtorch's own collectives (c10d with
 * Gloo on the processor, with NCCL on GPUs, which has not run yet). One line joins the group that a
 * launcher's environment describes; between it and {@link #close()} every Trainer, training loop
 * and Evaluator of this process works with the other ranks. All ranks run the same program and make
 * the same calls.
 *
 * <pre>{@code
 * try (Distributed ranks = Distributed.fromEnvironment()) {
 *   // The same program as for one process. Batches are those of one process, too: each rank
 *   // computes its part of each.
 *   new Trainer(model, optimizer, loader, new CrossEntropy(), 10).run();
 *   ranks.lead(() -> ModelFile.save(file, model)); // rank 0 writes
 * }
 * }</pre>
 *
 * <p>Without the variables the group is this process alone, and the program does what it always
 * did.
 *
 * <p><b>Failures.</b> Each rank gives a sign of life every half second and watches another. A rank
 * that was killed, hangs or cannot be reached is found after {@link
 * DistributedEnvironment#silenceSeconds()} at the latest; one that {@linkplain #fail fails} says
 * why. All others then learn its number and the cause: their collectives throw {@link
 * DistributedException}; a process that is still stuck three seconds later, which libtorch cannot
 * interrupt, says it and ends with exit code 1.
 *
 * <p><b>Security.</b> c10d knows no authentication and no encryption: whoever reaches its ports can
 * take part or end the run. Use it in a closed network only. {@code GLOO_SOCKET_IFNAME} names the
 * interface that data goes through; with a loopback {@code MASTER_ADDR} it is the loopback. The
 * store listens on all addresses of rank 0's host.
 *
 * <p>Cost: a thread, two connections to the store and one to each other rank.
 */
public final class Distributed extends Collectives implements AutoCloseable {
  private static final AtomicReference<Distributed> JOINED = new AtomicReference<>();
  private static final String IO = "io:";
  private static final Distributed ALONE = new Distributed(null, null);

  private final DistributedEnvironment environment;
  private boolean closed;
  private boolean leads;

  private Distributed(DistributedEnvironment environment, ProcessGroups groups) {
    super(groups);
    this.environment = environment;
  }

  /**
   * Joins the group that the environment describes and waits for all of its ranks.
   *
   * @return the group, to be closed; this process alone if neither {@code RANK} nor {@code
   *     WORLD_SIZE} is set, or the size is 1
   * @throws IllegalArgumentException if a variable is missing or not possible
   * @throws DistributedException if the port is taken, the store does not answer or ranks do not
   *     come within {@link DistributedEnvironment#joinSeconds()}; the message names them
   * @throws IllegalStateException if this process has joined a group already
   */
  public static Distributed fromEnvironment() {
    return DistributedEnvironment.of(System.getenv())
        .filter(environment -> environment.size() > 1)
        .map(Distributed::join)
        .orElse(ALONE);
  }

  /**
   * Joins a group and waits for all of its ranks.
   *
   * @param environment which rank of which group
   * @return the group, to be closed
   * @throws DistributedException if the port is taken, the store does not answer or ranks do not
   *     come in time; the message names them
   * @throws IllegalStateException if this process has joined a group already
   */
  public static Distributed join(DistributedEnvironment environment) {
    if (JOINED.get() != null) {
      throw new IllegalStateException(
          "this process is " + JOINED.get().environment + " already; close that group first");
    }
    Distributed joined = new Distributed(environment, ProcessGroups.open(environment));
    JOINED.set(joined);
    joined.requireSame("version of Steelyard or libtorch", versions());
    return joined;
  }

  private static String versions() {
    EngineInfo engine = Engine.info();
    return "steelyard " + Provenance.version() + "\nlibtorch " + engine.libtorch();
  }

  /**
   * The group that this process works in now.
   *
   * @return the joined group; this process alone if there is none
   */
  public static Distributed current() {
    Distributed joined = JOINED.get();
    return joined == null ? ALONE : joined;
  }

  @Override
  public int rank() {
    return environment == null ? 0 : environment.rank();
  }

  @Override
  public int size() {
    return environment == null ? 1 : environment.size();
  }

  /**
   * Which of its host's processes this is: the number of its GPU.
   *
   * @return at least 0
   */
  public int localRank() {
    return environment == null ? 0 : environment.localRank();
  }

  /**
   * Whether this rank writes files and speaks for all.
   *
   * @return true for rank 0
   */
  public boolean isLeader() {
    return rank() == 0;
  }

  /**
   * Says what is done with the message of a failure of the group before this process ends, where it
   * cannot throw it. Without this it is logged.
   *
   * @param told gets the message, on another thread
   */
  public void onFailure(Consumer<String> told) {
    if (groups() != null) {
      groups().heartbeat().onFailure(told);
    }
  }

  /**
   * Refuses ranks that do not have the same, by a digest.
   *
   * @param what of which it is, such as {@code recipe}
   * @param own this rank's, a text of any length
   * @throws DistributedException in all ranks if one has another; the message names it and the
   *     first line that differs
   */
  public void requireSame(String what, String own) {
    double[][] all = gather(Digest.of(own));
    for (int other = 1; other < size(); other++) {
      if (!Arrays.equals(all[other], all[0])) {
        String leaders = tell(own, 0);
        String difference = rank() == other ? Digest.difference(own, leaders) : "";
        throw new DistributedException(
            "rank " + other + " has another " + what + " than rank 0: " + tell(difference, other));
      }
    }
  }

  /** Work that writes files. */
  @FunctionalInterface
  public interface Writing {
    /**
     * Writes.
     *
     * @throws IOException if that fails
     */
    void run() throws IOException;
  }

  /**
   * Lets rank 0 do what only one may, such as writing files, once all ranks are here; all others
   * wait until it is done. Inside such work it runs at once.
   *
   * @param writing what rank 0 does
   * @throws IOException in all ranks if rank 0 throws one, with the same message
   * @throws DistributedException in the other ranks if rank 0 throws something else
   */
  public void lead(Writing writing) throws IOException {
    if (size() == 1 || leads) {
      writing.run();
      return;
    }
    barrier(); // so that all have looked at what was there before
    Exception failure = null;
    if (isLeader()) {
      leads = true;
      try {
        writing.run();
      } catch (IOException | RuntimeException e) {
        failure = e;
      } finally {
        leads = false;
      }
    }
    String message = tell(failure == null ? "" : told(failure), 0);
    if (failure instanceof IOException io) {
      throw io;
    }
    if (failure instanceof RuntimeException other) {
      throw other;
    }
    if (message.startsWith(IO)) {
      throw new IOException("rank 0: " + message.substring(IO.length()));
    }
    if (!message.isEmpty()) {
      throw new DistributedException("rank 0: " + message);
    }
  }

  private static String told(Exception failure) {
    String message = String.valueOf(failure.getMessage());
    return failure instanceof IOException ? IO + message : message;
  }

  /**
   * Does in every rank what can fail in some, such as reading a file: all go on, or none.
   *
   * @param what is tried, for the message, such as {@code read step-7.safetensors}
   * @param attempt what each rank does
   * @throws IOException in all ranks if one threw it; the message names the ranks and their causes
   */
  public void together(String what, Writing attempt) throws IOException {
    IOException failure = null;
    try {
      attempt.run();
    } catch (IOException e) {
      failure = e;
    }
    double[][] failed = gather(failure == null ? 0 : 1);
    Map<String, List<Integer>> causes = new LinkedHashMap<>();
    for (int r = 0; r < size(); r++) {
      if (failed[r][0] > 0) {
        String message = tell(failure == null ? "" : String.valueOf(failure.getMessage()), r);
        causes.computeIfAbsent(message, m -> new ArrayList<>()).add(r);
      }
    }
    if (failure != null && causes.containsValue(ProcessGroups.all(size()))) {
      throw failure;
    }
    if (!causes.isEmpty()) {
      List<String> told = new ArrayList<>();
      causes.forEach(
          (message, those) ->
              told.add(ProcessGroups.named(those) + " cannot " + what + ": " + message));
      throw new IOException(String.join("; ", told), failure);
    }
  }

  /**
   * Tells all ranks that this one failed; they end with its message. Call it before this process
   * ends in another way than the others expect.
   *
   * @param message why
   */
  public void fail(String message) {
    if (groups() != null) {
      groups().heartbeat().fail(message);
    }
  }

  @Override
  public String toString() {
    return environment == null ? "one process" : environment.toString();
  }

  /**
   * Leaves the group. Rank 0, which keeps the store, waits until all others have left; a rank that
   * still waits for one that has left is told so.
   */
  @Override
  public void close() {
    if (groups() == null || closed) {
      return;
    }
    closed = true;
    JOINED.compareAndSet(this, null);
    groups().close();
  }
}
