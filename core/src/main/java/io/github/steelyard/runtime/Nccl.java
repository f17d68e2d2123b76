package io.github.steelyard.runtime;

import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;

/**
 * NCCL, by which libtorch adds up what is on the GPUs of several ranks. Only its build with CUDA
 * has it, so no other class may name the classes of it. It has not run yet, on any machine.
 */
final class Nccl {
  private Nccl() {}

  /**
   * A rank's NCCL. Ranks connect when they first send something.
   *
   * @param store where they meet
   * @param gpu where the tensors are
   * @throws IllegalArgumentException if that is not the GPU of the rank
   * @throws EngineUnavailableException if it is not in this build, or this machine lacks it
   */
  static Backend open(DistributedEnvironment environment, Store store, int gpu) {
    if (gpu != environment.localRank()) {
      throw new IllegalArgumentException(
          "%s computes on cuda:%d, but its LOCAL_RANK is %d; with the device cuda, and no number,"
                  .formatted(environment, gpu, environment.localRank())
              + " each process gets the GPU of its LOCAL_RANK");
    }
    try {
      ProcessGroupNCCL.Options options = ProcessGroups.kept(ProcessGroupNCCL.Options.create());
      options.timeout(new Milliseconds(ProcessGroups.MOST_WAITING_MILLIS));
      Store own = ProcessGroups.kept(new PrefixStore("nccl", store));
      return ProcessGroups.kept(
          new ProcessGroupNCCL(own, environment.rank(), environment.size(), options));
    } catch (LinkageError e) {
      throw new EngineUnavailableException(
          "several processes on GPUs need NCCL, which does not load; it is in the build for Linux"
              + " with the Maven profile gpu, and needs NCCL 2 on this machine. Use --device cpu to"
              + " run on the processor: "
              + NativeLibraries.deepest(e),
          e);
    }
  }
}
