package io.github.steelyard.bench.campaign;

import io.github.steelyard.nn.Module;
import io.github.steelyard.nn.models.ModelOptions;
import io.github.steelyard.nn.models.Models;
import io.github.steelyard.optim.ParameterGroup;
import io.github.steelyard.optim.SGD;
import io.github.steelyard.optim.SGDConfiguration;
import io.github.steelyard.runtime.Scope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A program of a user of the library: trains in an own loop until somebody ends it. */
final class LibraryUser {
  private LibraryUser() {}

  /**
   * Prints {@code begun} after the first step of each thread.
   *
   * @param arguments how many threads train, each a network of its own; how many steps, 0 to train
   *     for ever; the samples of a batch
   */
  public static void main(String[] arguments) throws InterruptedException {
    int threads = Integer.parseInt(arguments[0]);
    long steps = Long.parseLong(arguments[1]);
    long batch = Long.parseLong(arguments[2]);
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Thread thread = new Thread(() -> train(steps, batch));
      all.add(thread);
      thread.start();
    }
    for (Thread thread : all) {
      thread.join();
    }
    System.out.println("done");
  }

  private static void train(long steps, long batch) {
    Module model = Models.create("resnet8", ModelOptions.none());
    SGD optimizer =
        new SGD(ParameterGroup.of(model, 0.01, 0), new SGDConfiguration(0.9, 0, false, false));
    for (long step = 0; steps == 0 || step < steps; step++) {
      Scope.run(
          () -> {
            Tensor logits = model.forward(torch.rand(batch, 1, 28, 28));
            Tensor loss = logits.square().mean();
            optimizer.zeroGrad();
            loss.backward();
            optimizer.step();
          });
      if (step == 0) {
        System.out.println("begun");
      }
    }
  }
}
