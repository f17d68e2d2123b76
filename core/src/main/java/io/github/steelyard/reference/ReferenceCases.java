package io.github.steelyard.reference;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The reference cases: computed with the authors' published code, so that a replay proves that this
 * machine's engine computes the published numbers.
 */
public final class ReferenceCases {
  private static final String EXTENSION = ".safetensors";

  private static final List<String> BUILT_IN =
      List.of(
          "incremental/weight-align-2",
          "incremental/weight-align",
          "interaction/linear_modular_mlp_2x5.lib_jac_grad_nocenter",
          "interaction/mlp_8_16_12_4.lib_jac_gl4_center",
          "interaction/mlp_8_16_12_4.lib_jac_grad_center",
          "interaction/mlp_8_16_12_4.lib_jac_grad_nocenter",
          "interaction/mlp_8_16_12_4.lib_jac_grad_rotfinal",
          "interaction/mlp_8_16_12_4.pca_center",
          "interaction/mlp_8_16_12_4.rib_alpha_gl0",
          "interaction/mlp_8_16_12_4.rib_functional_gl10",
          "interaction/mlp_8_16_12_4_reparam.lib_jac_grad_center",
          "interaction/mlp_8_16_12_4_reparam.rib_alpha_gl0",
          "optim/adamp-default",
          "optim/adamp-nesterov-decay",
          "optim/sgdp-dampening",
          "optim/sgdp-nesterov-decay",
          "quant/annealing-mask",
          "quant/attention-b2",
          "quant/attention-b3",
          "quant/attention-b4",
          "quant/attention_qkr-b2",
          "quant/attention_qkr-b3",
          "quant/attention_qkr-b4",
          "quant/lsq",
          "quant/mlp-b2",
          "quant/mlp-b3",
          "quant/mlp-b4",
          "quant/oscillation",
          "quant/statsq",
          "robust/condition-number",
          "robust/gated-conv",
          "robust/hard-concrete",
          "robust/scores",
          "robust/trades",
          "robust/transformed-sparse",
          "robust/weight-average");

  private ReferenceCases() {}

  /**
   * The cases that come with Steelyard.
   *
   * @return at least one case
   */
  public static List<ReferenceCase> builtIn() {
    return BUILT_IN.stream().map(name -> ReferenceCase.ofResource(name, name + EXTENSION)).toList();
  }

  /**
   * The cases of a folder: every {@code .safetensors} file in it and below, in the format of the
   * built-in ones. What kind of case a file holds is told by its content.
   *
   * @param folder where to look
   * @return the cases by path
   * @throws IOException if the folder cannot be listed or holds no such file; the message names it
   */
  public static List<ReferenceCase> in(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException(folder + " is not a folder of reference cases");
    }
    try (Stream<Path> files = Files.walk(folder)) {
      List<ReferenceCase> cases =
          files
              .filter(file -> file.toString().endsWith(EXTENSION) && Files.isRegularFile(file))
              .sorted()
              .map(file -> ReferenceCase.ofFile(name(folder, file), file))
              .toList();
      if (cases.isEmpty()) {
        throw new IOException("the folder " + folder + " holds no " + EXTENSION + " file");
      }
      return cases;
    }
  }

  private static String name(Path folder, Path file) {
    String relative = folder.relativize(file).toString().replace('\\', '/');
    return relative.substring(0, relative.length() - EXTENSION.length());
  }
}
