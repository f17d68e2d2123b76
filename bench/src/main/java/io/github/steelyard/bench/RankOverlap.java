package io.github.steelyard.bench;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.Parameter;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.runtime.Distributed;
import io.github.steelyard.runtime.GradientReducer;
import io.github.steelyard.runtime.GradientReducer.Compression;
import io.github.steelyard.runtime.Scope;
import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Whether the reduction of gradients overlaps with the backward pass: the passes of two ranks on
 * this machine with {@link GradientReducer}, in buckets of 25 MiB and of 1 MiB, beside the same
 * passes with one reduction of all gradients after them, and beside the passes alone. All take
 * turns in the same processes, over the loopback, and over a cable between two network namespaces
 * whose speed is limited, where the machine allows it. There is no optimizer: it is the same in
 * all.
 *
 * <p>Run: {@code mvn -q -pl bench -am package -DskipTests && java -cp
 * "bench/target/classes:bench/target/lib/*" io.github.steelyard.bench.RankOverlap [ROUNDS]}.
 */
public final class RankOverlap {
  private static final int WARM_UP = 1;
  private static final int ROUNDS = 12;
  private static final long SMALL = 1 << 20;
  private static final String ALONE = "computing alone";
  private static final List<String> RATES = List.of("1gbit");

  /** Networks, and the images that a rank has. */
  private static final Map<String, Integer> BATCHES =
      Map.of("resnet18", 2, "deit_tiny_patch16_224", 2);

  private RankOverlap() {}

  /**
   * Measures and prints a table for each network and link.
   *
   * @param arguments how many rounds; or, in a measuring process, a network, its images and rounds
   * @throws IOException if a process cannot be started or fails
   * @throws InterruptedException if interrupted while waiting
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length == 3) {
      measure(arguments[0], Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
      return;
    }
    String rounds = arguments.length > 0 ? arguments[0] : String.valueOf(ROUNDS);
    for (String network : BATCHES.keySet().stream().sorted().toList()) {
      print(network, "the loopback", RankProcesses.together(2, 1), rounds);
    }
    for (String rate : RATES) {
      try (Cable cable = Cable.lay(rate)) {
        for (String network : BATCHES.keySet().stream().sorted().toList()) {
          print(network, "a link of " + rate, RankProcesses.over(cable, 1), rounds);
        }
      } catch (IOException e) {
        System.out.println("\nno link of " + rate + " here: " + e.getMessage());
      }
    }
  }

  private static void print(String network, String link, RankProcesses ranks, String rounds)
      throws IOException, InterruptedException {
    String batch = String.valueOf(BATCHES.get(network));
    System.out.println("\n" + network + ", " + batch + " images a rank, over " + link + "\n");
    System.out.println(ranks.run(RankOverlap.class, network, batch, rounds));
  }

  private static void measure(String network, int images, int rounds) {
    try (Distributed ranks = Distributed.fromEnvironment()) {
      Seeds.set(0);
      Module model = Models.create(network, ModelOptions.none());
      List<Tensor> parameters =
          model.namedParameters().values().stream().map(Parameter::tensor).toList();
      List<String> names = List.copyOf(model.namedParameters().keySet());
      Tensor inputs = torch.randn(images, 3, 224, 224);
      Tensor labels = torch.randint(10, new long[] {images});
      try (GradientReducer usual = reducer(ranks, parameters, names, GradientReducer.BUCKET);
          GradientReducer small = reducer(ranks, parameters, names, SMALL)) {
        SideBySide sides =
            new SideBySide()
                .with(
                    "one reduction after the passes",
                    () -> {
                      loss(model, parameters, inputs, labels).backward();
                      reduce(ranks, parameters);
                    })
                .with(
                    "overlapped, buckets of 25 MiB",
                    () -> usual.backward(loss(model, parameters, inputs, labels)))
                .with(
                    "overlapped, buckets of 1 MiB",
                    () -> small.backward(loss(model, parameters, inputs, labels)))
                .with("the reduction alone", () -> reduce(ranks, parameters))
                // Last, so that all others begin at the same time in both ranks.
                .with(ALONE, () -> loss(model, parameters, inputs, labels).backward())
                .measure(WARM_UP, rounds, ranks::barrier);
        if (ranks.isLeader()) {
          sides.print(ALONE);
        }
      }
    }
  }

  private static GradientReducer reducer(
      Distributed ranks, List<Tensor> parameters, List<String> names, long bucket) {
    return new GradientReducer(ranks, parameters, names, Compression.NONE, bucket);
  }

  private static Tensor loss(Module model, List<Tensor> parameters, Tensor inputs, Tensor labels) {
    parameters.forEach(parameter -> parameter.mutable_grad().reset());
    return torch.cross_entropy_loss(model.forward(inputs), labels);
  }

  private static void reduce(Distributed ranks, List<Tensor> parameters) {
    Scope.withoutGradient(
        () -> {
          TensorVector rows = new TensorVector();
          parameters.forEach(parameter -> rows.push_back(parameter.grad().reshape(-1)));
          Tensor flat = torch.cat(rows, 0);
          ranks.sum(flat);
          flat.div_(new Scalar((double) ranks.size()));
          long begin = 0;
          for (Tensor parameter : parameters) {
            Tensor own = flat.narrow(0, begin, parameter.numel());
            parameter.grad().copy_(own.view_as(parameter));
            begin += parameter.numel();
          }
        });
  }
}
