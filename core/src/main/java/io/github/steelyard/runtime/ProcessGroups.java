package io.github.steelyard.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.BackendOptional;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.ProcessGroup;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.gloo.Device;

/** What a joined group is made of: the store where the ranks meet, c10d's group, signs of life. */
final class ProcessGroups implements AutoCloseable {
  /** Signs of life find what is gone or hangs; this finds ranks that live but never come. */
  static final long MOST_WAITING_MILLIS = TimeUnit.MINUTES.toMillis(30);

  private static final long POLL_MILLIS = 20;

  /**
   * libtorch's objects hold one another where JavaCPP does not see it. What a group is made of is a
   * few small objects, which are never freed.
   */
  private static final List<Pointer> KEPT = new CopyOnWriteArrayList<>();

  private final DistributedEnvironment environment;
  private final Store store;
  private final ProcessGroup group;
  private final Heartbeat heartbeat;
  private boolean hasNccl;

  private ProcessGroups(
      DistributedEnvironment environment, Store store, ProcessGroup group, Heartbeat heartbeat) {
    this.environment = environment;
    this.store = store;
    this.group = group;
    this.heartbeat = heartbeat;
  }

  static ProcessGroups open(DistributedEnvironment environment) {
    Engine.start();
    environment.isLoopback(); // An unknown host is told before anybody waits for it.
    Store store = limited(environment, () -> store(environment, true));
    Store pulse = limited(environment, () -> store(environment, false));
    Heartbeat heartbeat = null;
    try {
      awaitAll(environment, store);
      heartbeat = Heartbeat.start(environment, pulse);
      return new ProcessGroups(environment, store, group(environment, store), heartbeat);
    } catch (DistributedException e) {
      throw e;
    } catch (RuntimeException e) {
      DistributedException told =
          new DistributedException(
              environment + " cannot connect to the other ranks: " + firstLine(e), e);
      throw heartbeat == null ? told : heartbeat.explained(told);
    }
  }

  /** libtorch does not end a connection to something that listens but never answers. */
  private static Store limited(DistributedEnvironment environment, Supplier<Store> opening) {
    FutureTask<Store> task = new FutureTask<>(opening::get);
    Thread thread = new Thread(task, "steelyard-store");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(environment.joinSeconds() + 1L, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new DistributedException(unanswered(environment), e);
    } catch (ExecutionException e) {
      throw explained(environment, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DistributedException("interrupted while joining", e);
    }
  }

  private static String unanswered(DistributedEnvironment environment) {
    return "the store of rank 0 at "
        + environment.host()
        + ":"
        + environment.port()
        + " did not answer "
        + environment
        + " within "
        + environment.joinSeconds()
        + " s; is rank 0 running there, and is the port open?";
  }

  private static DistributedException explained(
      DistributedEnvironment environment, Throwable cause) {
    String message = firstLine(cause);
    if (message.contains("EADDRINUSE") || message.contains("address already in use")) {
      return new DistributedException(
          "port "
              + environment.port()
              + " (MASTER_PORT) of this host is taken by another program; choose a free one for all"
              + " ranks",
          cause);
    }
    return new DistributedException(unanswered(environment) + " (" + message + ")", cause);
  }

  private static Store store(DistributedEnvironment environment, boolean first) {
    TCPStoreOptions options = new TCPStoreOptions();
    options.port((short) environment.port());
    options.isServer(first && environment.rank() == 0 && !environment.agentStore());
    options.waitWorkers(false);
    options.timeout(milliseconds(first ? environment.joinSeconds() : environment.silenceSeconds()));
    TCPStore store = kept(new TCPStore(environment.host(), options));
    return kept(new PrefixStore("steelyard/" + restart(), store));
  }

  /** A launcher that starts the ranks again keeps its store, with the old keys in it. */
  private static String restart() {
    String count = System.getenv("TORCHELASTIC_RESTART_COUNT");
    return count == null ? "0" : count;
  }

  private static Milliseconds milliseconds(int seconds) {
    return new Milliseconds(1000L * seconds);
  }

  private static void awaitAll(DistributedEnvironment environment, Store store) {
    store.set("host/" + environment.rank(), Heartbeat.ownName());
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(environment.joinSeconds());
    List<Integer> missing = new ArrayList<>(all(environment.size()));
    while (true) {
      missing.removeIf(r -> has(store, "host/" + r));
      if (missing.isEmpty()) {
        return;
      }
      if (System.nanoTime() > end) {
        throw new DistributedException(
            named(missing)
                + " of "
                + environment.size()
                + " did not come within "
                + environment.joinSeconds()
                + " s; are all "
                + environment.size()
                + " started, with the same MASTER_ADDR, MASTER_PORT and WORLD_SIZE?");
      }
      Heartbeat.pause(POLL_MILLIS);
    }
  }

  /** The numbers of all ranks. */
  static List<Integer> all(int size) {
    return IntStream.range(0, size).boxed().toList();
  }

  /** Such as {@code ranks 2, 3}. */
  static String named(List<Integer> ranks) {
    return (ranks.size() == 1 ? "rank " : "ranks ")
        + ranks.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  static boolean has(Store store, String key) {
    return Scope.compute(() -> store.check(new StringVector(key)));
  }

  private static ProcessGroup group(DistributedEnvironment environment, Store store) {
    return Scope.compute(
        () -> {
          ProcessGroupGloo.Options options =
              kept(ProcessGroupGloo.Options.create(new Milliseconds(MOST_WAITING_MILLIS)));
          options.devices(new GlooDeviceVector(kept(device(environment))));
          // The constructor that takes the store ends the JVM: JavaCPP holds it in another way.
          ProcessGroup group = kept(new ProcessGroup(environment.rank(), environment.size()));
          Store own = kept(new PrefixStore("gloo", store));
          // Gloo says that it is connected, on the standard output, where results belong.
          ProcessGroupGloo gloo =
              NativeEnvironment.withoutOutput(
                  () ->
                      kept(
                          new ProcessGroupGloo(
                              own, environment.rank(), environment.size(), options)));
          group.setBackend(
              DeviceType.CPU, ProcessGroup.BackendType.GLOO, new BackendOptional(gloo));
          group.setDefaultBackend(ProcessGroup.BackendType.GLOO);
          return group;
        });
  }

  private static Device device(DistributedEnvironment environment) {
    String named = System.getenv("GLOO_SOCKET_IFNAME");
    if (named != null && !named.isBlank()) {
      return ProcessGroupGloo.createDeviceForInterface(named);
    }
    return environment.isLoopback()
        ? ProcessGroupGloo.createDeviceForHostname("127.0.0.1")
        : ProcessGroupGloo.createDefaultDevice();
  }

  static <P extends Pointer> P kept(P pointer) {
    KEPT.add(pointer);
    return pointer.retainReference();
  }

  Heartbeat heartbeat() {
    return heartbeat;
  }

  /**
   * The group, which sends a tensor by what its device needs: Gloo on the processor, and on a GPU
   * NCCL, which the group gets when the first such tensor comes.
   */
  synchronized ProcessGroup group(Tensor tensor) {
    if (tensor.is_cuda() && !hasNccl) {
      Scope.run(
          () -> {
            Backend nccl = Nccl.open(environment, store, tensor.device().index());
            group.setBackend(
                DeviceType.CUDA, ProcessGroup.BackendType.NCCL, new BackendOptional(nccl));
          });
      hasNccl = true;
    }
    return group;
  }

  <T> T communicate(Supplier<T> work) {
    heartbeat.requireAlive();
    heartbeat.enter();
    try {
      return work.get();
    } catch (DistributedException e) {
      throw e;
    } catch (RuntimeException e) {
      throw heartbeat.explained(e);
    } finally {
      heartbeat.leave();
    }
  }

  void sum(Tensor tensor) {
    ProcessGroup able = group(tensor); // Not while waiting: what is missing is no lost rank.
    await(() -> able.allreduce(new TensorVector(tensor)));
  }

  void gather(Tensor received, Tensor sent) {
    await(() -> group._allgather_base(received, sent));
  }

  void broadcast(Tensor tensor, int root) {
    BroadcastOptions options = new BroadcastOptions();
    options.rootRank(root);
    await(() -> group.broadcast(new TensorVector(tensor), options));
  }

  /** Sends and receives at once. */
  void exchange(Tensor sent, Tensor received, int partner, int tag) {
    communicate(
        () -> {
          Work receiving = group.recv(new TensorVector(received), partner, tag);
          Work sending = group.send(new TensorVector(sent), partner, tag);
          sending._wait();
          receiving._wait();
          return null;
        });
  }

  private void await(Supplier<Work> work) {
    communicate(() -> work.get()._wait());
  }

  static String firstLine(Throwable cause) {
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
  }

  @Override
  public void close() {
    heartbeat.close();
  }

  @Override
  public String toString() {
    return environment.toString();
  }
}
