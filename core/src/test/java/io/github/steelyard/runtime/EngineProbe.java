package io.github.steelyard.runtime;

import org.bytedeco.pytorch.global.torch;

/** Starts the engine as a library user would and tells what came of it. */
final class EngineProbe {
  private EngineProbe() {}

  public static void main(String[] arguments) {
    long[] extracted = new long[2];
    NativeExtraction.listen(
        (folder, done, total) -> {
          extracted[0] = done;
          extracted[1] = total;
        });
    try {
      Engine.start();
    } catch (EngineUnavailableException | IllegalArgumentException e) {
      System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
      return;
    }
    System.out.println("sum=" + torch.ones(3).sum().item_double());
    System.out.println("extracted=" + extracted[0] + " of " + extracted[1]);
    System.out.println("threads=" + Engine.info().threads());
    System.out.println("policy=" + Engine.info().waitPolicy());
    System.out.println("blas=" + Engine.info().blas());
  }
}
