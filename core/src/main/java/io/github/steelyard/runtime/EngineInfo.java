package io.github.steelyard.runtime;

import java.util.Locale;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch;

/**
 * What the native engine is and how it runs; part of every run's provenance.
 *
 * @param libtorch version of libtorch and of its Java presets, such as {@code 2.10.0-1.5.13}
 * @param javacpp version of JavaCPP
 * @param platform platform of the native build, such as {@code linux-x86_64}
 * @param blas what multiplies matrices, and in whose threads, such as {@code MKL} or {@code
 *     OpenBLAS in libgomp's threads}
 * @param oneDnn version of oneDNN, or {@code none}
 * @param threads threads inside one operation
 * @param waitPolicy what idle OpenMP threads do
 * @param cpuCapability vector instructions in use, such as {@code AVX512}
 * @param cuda whether a CUDA device can be used
 * @param java version of the running JVM
 */
public record EngineInfo(
    String libtorch,
    String javacpp,
    String platform,
    String blas,
    String oneDnn,
    int threads,
    String waitPolicy,
    String cpuCapability,
    boolean cuda,
    String java) {

  static EngineInfo read(NativeLibraries.Loaded loaded) {
    String config = torch.show_config().getString();
    return new EngineInfo(
        NativeLibraries.libtorchVersion(),
        NativeLibraries.javacppVersion(),
        NativeLibraries.platform(),
        loaded.blas().or(() -> between(config, "BLAS_INFO=", ",")).orElse("unknown"),
        between(config, "Intel(R) MKL-DNN v", " ").orElse("none"),
        torch.get_num_threads(),
        loaded.settings().waitPolicy().name().toLowerCase(Locale.ROOT),
        torch.get_cpu_capability().getString(),
        torch.cuda_is_available(),
        Runtime.version().toString());
  }

  private static Optional<String> between(String text, String before, String after) {
    int start = text.indexOf(before);
    if (start < 0) {
      return Optional.empty();
    }
    start += before.length();
    int end = text.indexOf(after, start);
    return Optional.of(text.substring(start, end < 0 ? text.length() : end).trim());
  }
}
