package io.github.steelyard.train;

import io.github.steelyard.data.Batch;
import io.github.steelyard.data.Part;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The gradients of a step as a fixed tree over the shards of its batches, whatever the number of
 * ranks:
 *
 * <pre>(((g_0 + g_1) + (g_2 + g_3)) + ((g_4 + g_5) + (g_6 + g_7))) / sum_s w_s</pre>
 *
 * <p>with g_s the gradient of shard s's sum of losses over the step's batches. A rank has
 * consecutive shards, so that it adds up a part of the tree and the ranks add up the rest. Running
 * statistics begin every shard as they were before the step, and end as the mean over the shards.
 */
final class ShardGradients extends StepGradients {
  private final DataParallel parallel;
  private final int own;
  private final Tensor[] sums;
  private final List<Map<String, Tensor>> states = new ArrayList<>();
  private final Map<String, long[]> shapes = new LinkedHashMap<>();
  private final Set<String> changed = new LinkedHashSet<>();
  private final boolean looks;
  private double weightSum;
  private double lossSum;
  private int taken;

  ShardGradients(SteppedRun run, int batches, DataParallel parallel) {
    super(run, batches);
    this.parallel = parallel;
    own = parallel.ownShards();
    sums = new Tensor[own];
    looks = parallel.isLooking();
    for (int i = 0; i < own; i++) {
      states.add(new HashMap<>());
    }
  }

  @Override
  void add(long samples, Supplier<Mean> batchLoss) {
    throw new IllegalStateException(
        "a deterministic run computes each batch in shards; give its backward a Loss and a Batch");
  }

  @Override
  void add(Loss batchLoss, Batch batch) {
    double[] numbers = new double[3 * own];
    for (int i = 0; i < own; i++) {
      Part part = new Part(i, own);
      int shard = i;
      int samples = part.end(batch.size()) - part.begin(batch.size());
      if (samples > 0) {
        Scope.run(() -> shard(batchLoss, part.of(batch), shard, numbers));
      }
      numbers[3 * i + 2] = samples;
    }
    parallel.seed(run.step(), taken++, parallel.allShards());
    weights.take(1);
    double[] agreed = parallel.agree("shard", numbers);
    run.count(agreed[0], agreed[1], (long) agreed[2]);
    lossSum += agreed[0];
    weightSum += agreed[1];
    if (weights.isComplete()) {
      finish();
    }
  }

  private void shard(Loss batchLoss, Batch batch, int shard, double[] numbers) {
    int number = parallel.ranks().rank() * own + shard;
    Map<String, Tensor> base = parallel.forward().before();
    parallel.forward().put(states.get(shard));
    parallel.seed(run.step(), taken, number);
    Tensor sum =
        autocast(
            () -> {
              LossValue value = batchLoss.compute(run.model(), batch);
              requireScalar(value.loss());
              numbers[3 * shard] = value.loss().item_double();
              numbers[3 * shard + 1] = value.weight();
              return value.loss().mul(new Scalar(value.weight()));
            });
    if (!Double.isFinite(numbers[3 * shard])) {
      return; // All ranks learn it when they agree.
    }
    requireGradient(sum);
    sum.backward();
    take(shard);
    List<String> now = parallel.forward().changed(base);
    changed.addAll(now);
    Map<String, Tensor> after = parallel.forward().copies(base.keySet());
    after.keySet().retainAll(now);
    release(states.get(shard));
    after.forEach((name, tensor) -> states.get(shard).put(name, Scope.keep(tensor)));
    base.keySet().retainAll(now);
    parallel.forward().put(base);
  }

  private static void release(Map<String, Tensor> kept) {
    kept.values().forEach(Tensor::close);
    kept.clear();
  }

  /** Moves the gradients of one shard to its sum, with a mark for each that there is. */
  private void take(int shard) {
    Map<String, Parameter> trainable = parallel.trainable();
    Scope.withoutGradient(
        () -> {
          List<Tensor> rows = new ArrayList<>();
          float[] marks = new float[trainable.size()];
          int i = 0;
          for (Map.Entry<String, Parameter> entry : trainable.entrySet()) {
            Tensor tensor = entry.getValue().tensor();
            shapes.put(entry.getKey(), tensor.shape());
            boolean there = tensor.grad().defined();
            rows.add(there ? tensor.grad() : torch.zeros_like(tensor.detach()));
            marks[i++] = there ? 1 : 0;
          }
          rows.add(Tensor.create(marks));
          Tensor flat = DataParallel.flat(rows);
          if (sums[shard] == null) {
            sums[shard] = Scope.keep(flat);
          } else {
            sums[shard].add_(flat);
          }
        });
    run.optimizer().zeroGrad();
  }

  private void finish() {
    Scope.withoutGradient(
        () -> {
          Tensor flat = tree(List.of(sums));
          parallel.ranks().sumAsTree(flat);
          mean(); // First: a scale may get its shape only now.
          spread(flat);
        });
    for (int i = 0; i < own; i++) {
      sums[i].close();
      release(states.get(i));
    }
    loss = lossSum / weightSum;
    Tensor penalties = penalties();
    if (penalties != null) {
      penalties.backward();
    }
  }

  /** The sum of 1, 2, 4 ... tensors in a row as a balanced tree. */
  private static Tensor tree(List<Tensor> leaves) {
    List<Tensor> level = leaves;
    while (level.size() > 1) {
      List<Tensor> next = new ArrayList<>();
      for (int i = 0; i < level.size(); i += 2) {
        next.add(level.get(i).add(level.get(i + 1)));
      }
      level = next;
    }
    return level.get(0);
  }

  private void spread(Tensor flat) {
    Map<String, Parameter> trainable = parallel.trainable();
    Tensor marks = flat.narrow(0, flat.numel() - trainable.size(), trainable.size());
    Tensor means = flat.div(new Scalar(weightSum));
    long begin = 0;
    int i = 0;
    for (Map.Entry<String, Parameter> entry : trainable.entrySet()) {
      long[] shape = shapes.get(entry.getKey());
      long size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      if (marks.select(0, i++).item_float() > 0) {
        Tensor gradient = means.narrow(0, begin, size).view(shape).clone();
        entry.getValue().tensor().mutable_grad().put(gradient);
      }
      begin += size;
    }
  }

  /** Gives what the passes changed the mean over the shards. */
  private void mean() {
    List<String> names =
        looks
            ? parallel.agreeOnChanged(List.copyOf(changed))
            : List.copyOf(parallel.forward().moving());
    if (looks) {
      parallel.forward().found(names);
    }
    Map<String, Tensor> live = parallel.forward().tensors();
    List<String> averaged = names.stream().filter(n -> live.get(n).is_floating_point()).toList();
    List<Tensor> leaves = new ArrayList<>();
    for (Map<String, Tensor> of : states) {
      List<Tensor> values = new ArrayList<>();
      averaged.forEach(name -> values.add(of.getOrDefault(name, live.get(name).detach())));
      leaves.add(averaged.isEmpty() ? null : DataParallel.flat(values));
    }
    Map<String, Tensor> means = new LinkedHashMap<>();
    names.forEach(name -> means.put(name, states.get(0).getOrDefault(name, live.get(name))));
    if (!averaged.isEmpty()) {
      Tensor flat = tree(leaves);
      parallel.ranks().sumAsTree(flat);
      flat.div_(new Scalar((double) parallel.allShards()));
      List<Tensor> targets = new ArrayList<>();
      for (String name : averaged) {
        Tensor target = torch.empty_like(means.get(name).detach());
        means.put(name, target);
        targets.add(target);
      }
      DataParallel.spread(flat, targets);
    }
    parallel.forward().put(means);
  }
}
