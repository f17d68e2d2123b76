package io.github.steelyard.train;

import io.github.steelyard.nn.Parameter;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.runtime.Device;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.GradientReducer;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** What a training loop needs to work with other ranks, or with virtual ones in one process. */
final class DataParallel implements AutoCloseable {
  private static final String STARTS = "at the start";

  private final SteppedRun run;
  private final Distributed ranks;
  private final DataParallelConfiguration configuration;
  private final ForwardState forward;
  private GradientReducer reducer;
  private Map<String, Long> reduced = Map.of();

  private DataParallel(SteppedRun run, Distributed ranks) {
    this.run = run;
    this.ranks = ranks;
    configuration = run.configuration().parallel();
    forward = new ForwardState(run.model());
    Device device = run.configuration().device();
    if (configuration.deterministic() && !device.equals(Device.CPU)) {
      throw new IllegalArgumentException(
          "a deterministic run works on the processor only, not on "
              + device
              + ": GPUs add up in no fixed order");
    }
    if (configuration.deterministic() && configuration.shards() % ranks.size() != 0) {
      throw new IllegalArgumentException(
          "a deterministic run with "
              + configuration.shards()
              + " shards works on 1, 2, 4 ... up to "
              + configuration.shards()
              + " ranks, not on "
              + ranks.size());
    }
  }

  /** Empty for a run of one process that does what it always did. */
  static Optional<DataParallel> of(SteppedRun run) {
    Distributed ranks = Distributed.current();
    return ranks.size() == 1 && !run.configuration().parallel().deterministic()
        ? Optional.empty()
        : Optional.of(new DataParallel(run, ranks));
  }

  Distributed ranks() {
    return ranks;
  }

  ForwardState forward() {
    return forward;
  }

  boolean isLooking() {
    return forward.isLooking();
  }

  /** How many shards this rank has. */
  int ownShards() {
    return configuration.shards() / ranks.size();
  }

  int allShards() {
    return configuration.shards();
  }

  /** Draws follow from the place, so that they need no state, and differ among parts. */
  void seed(long step, int batch, int part) {
    Seeds.set(Seeds.derive(run.configuration().seed(), step, batch, part));
  }

  /**
   * What is said of a batch, and whether a stop was asked for.
   *
   * @param part what batches are divided into, for messages, such as {@code rank}
   * @param own loss, weight and number of samples of each part that this rank has
   * @return the sums over all parts of all ranks: of losses times weights, weights and samples
   */
  double[] agree(String part, double... own) {
    double[] asked = Arrays.copyOf(own, own.length + 1);
    asked[own.length] = run.isStopAsked() ? 1 : 0;
    double[] sums = new double[3];
    int parts = 0;
    boolean stop = false;
    boolean empty = false;
    for (double[] rank : ranks.gather(asked)) {
      for (int i = 0; i < own.length; i += 3) {
        if (!Double.isFinite(rank[i])) {
          throw run.diverged("the loss is " + rank[i] + " in " + part + " " + parts);
        }
        sums[0] += rank[i] * rank[i + 1];
        sums[1] += rank[i + 1];
        sums[2] += rank[i + 2];
        empty |= rank[i + 2] == 0;
        parts++;
      }
      stop |= rank[own.length] > 0;
    }
    if (empty) {
      throw new IllegalArgumentException(
          "a batch of %d samples cannot be divided among %d %ss; choose another batch size, or drop"
                  .formatted((long) sums[2], parts, part)
              + " incomplete batches");
    }
    run.agreeOnStop(stop);
    return sums;
  }

  /** Agrees whether a stop was asked for before the first step. */
  void agreeOnStop() {
    run.agreeOnStop(ranks.any(run.isStopAsked()));
  }

  /** What the optimizer moves now, by name. */
  Map<String, Parameter> trainable() {
    Map<String, Parameter> trainable = new LinkedHashMap<>();
    for (ParameterGroup group : run.optimizer().groups()) {
      group
          .parameters()
          .forEach(
              (name, parameter) -> {
                if (parameter.isTrainable()) {
                  trainable.put(name, parameter);
                }
              });
    }
    return trainable;
  }

  /** Makes the reducer, anew where parameters were frozen, thawed or got their size. */
  void prepare() {
    Map<String, Parameter> trainable = trainable();
    Map<String, Long> now = new LinkedHashMap<>();
    trainable.forEach((name, parameter) -> now.put(name, parameter.tensor().numel()));
    if (reducer != null && now.equals(reduced)) {
      return;
    }
    closeReducer();
    List<Tensor> tensors = new ArrayList<>();
    trainable.values().forEach(parameter -> tensors.add(parameter.tensor()));
    ranks.requireSame("set of trainable parameters", now.toString().replace(", ", "\n"));
    reducer =
        new GradientReducer(
            ranks,
            tensors,
            List.copyOf(now.keySet()),
            configuration.compression(),
            (long) configuration.bucketMib() << 20);
    reduced = now;
  }

  GradientReducer reducer() {
    return reducer;
  }

  /** Averages over the ranks what the forward passes of a step changed. */
  void average(Map<String, Tensor> before) {
    if (isLooking()) {
      List<String> all = agreeOnChanged(forward.changed(before));
      forward.found(all);
      average(all);
    } else {
      average(List.copyOf(forward.moving()));
    }
  }

  /** What changed in any rank, in the order of the model's tensors; all must have one shape. */
  List<String> agreeOnChanged(List<String> own) {
    Map<String, Tensor> live = forward.tensors();
    List<String> names = List.copyOf(live.keySet());
    double[] sizes = new double[names.size()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = own.contains(names.get(i)) ? 1 : 0;
    }
    List<String> changed = new ArrayList<>();
    double[][] all = ranks.gather(sizes);
    for (int i = 0; i < sizes.length; i++) {
      for (double[] of : all) {
        if (of[i] > 0
            && (changed.isEmpty() || !changed.get(changed.size() - 1).equals(names.get(i)))) {
          changed.add(names.get(i));
        }
      }
    }
    return changed;
  }

  private void average(List<String> names) {
    Map<String, Tensor> live = forward.tensors();
    List<Tensor> floats = new ArrayList<>();
    for (String name : names) {
      if (live.get(name).is_floating_point()) {
        floats.add(live.get(name).detach());
      }
    }
    if (floats.isEmpty()) {
      return;
    }
    Scope.withoutGradient(
        () -> {
          Tensor flat = flat(floats);
          ranks.sum(flat);
          flat.div_(new Scalar((double) ranks.size()));
          spread(flat, floats);
        });
  }

  /** All values of some tensors in a row, in the type of the first. */
  static Tensor flat(List<Tensor> tensors) {
    TensorVector rows = new TensorVector();
    tensors.forEach(tensor -> rows.push_back(tensor.reshape(-1)));
    return torch.cat(rows, 0);
  }

  /** Puts values in a row back. */
  static void spread(Tensor flat, List<Tensor> tensors) {
    long begin = 0;
    for (Tensor tensor : tensors) {
      long size = tensor.numel();
      tensor.copy_(flat.narrow(0, begin, size).view_as(tensor));
      begin += size;
    }
  }

  /** Compares the state of all ranks if a check is due. */
  void check(Checkpoint state, long step) {
    RankStates.requireSame(ranks, state, step == 0 ? STARTS : "after step " + step);
  }

  boolean isCheckDue(long step) {
    return ranks.size() > 1 && step % configuration.checkEvery() == 0;
  }

  private void closeReducer() {
    if (reducer != null) {
      reducer.close();
      reducer = null;
    }
  }

  /** Draws after the run are the same in all ranks again. */
  @Override
  public void close() {
    closeReducer();
  }
}
