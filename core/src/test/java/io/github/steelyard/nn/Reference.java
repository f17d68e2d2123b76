package io.github.steelyard.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The formulas of {@code bench/peers/nn_reference.py} and the files it wrote. */
public final class Reference {
  private Reference() {}

  /** Values in [-1, 1) that look random, float64. */
  public static Tensor noise(long key, long... shape) {
    Engine.start();
    return Scope.compute(
        () -> {
          long count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
          Tensor x =
              torch
                  .arange(new Scalar((double) count), new TensorOptions(ScalarType.Double))
                  .mul(new Scalar(12.9898))
                  .add(new Scalar(key * 78.233))
                  .sin()
                  .mul(new Scalar(43758.5453));
          return x.sub(x.floor()).mul(new Scalar(2.0)).sub(new Scalar(1.0)).reshape(shape);
        });
  }

  /** Sets every tensor of the state dict by its position. */
  public static <M extends Module> M fill(M module) {
    return fill(module, 1);
  }

  /** Sets every tensor of the state dict by its position; the gain is that of layers' weights. */
  public static <M extends Module> M fill(M module, double gain) {
    Scope.withoutGradient(
        () -> {
          long key = 0;
          for (Map.Entry<String, Tensor> entry : module.stateDict().entrySet()) {
            Tensor tensor = entry.getValue();
            if (tensor.is_floating_point()) {
              tensor.copy_(value(entry.getKey(), tensor.shape(), key, gain));
            }
            key++;
          }
        });
    return module;
  }

  /** The value of one tensor, by its name, shape and position. */
  public static Tensor value(String name, long[] shape, long key) {
    return value(name, shape, key, 1);
  }

  private static Tensor value(String name, long[] shape, long key, double gain) {
    Tensor value = noise(key, shape);
    String leaf = name.substring(name.lastIndexOf('.') + 1);
    if (leaf.equals("running_var") || (leaf.equals("weight") && shape.length == 1)) {
      return value.mul(new Scalar(0.2)).add(new Scalar(1.0));
    }
    if (shape.length == 1 || List.of("cls_token", "dist_token", "pos_embed").contains(leaf)) {
      return value.mul(new Scalar(0.2));
    }
    double fanIn = (double) value.numel() / shape[0];
    return value.mul(new Scalar(gain * Math.sqrt(3 / fanIn)));
  }

  /** All tensors of a resource file. */
  public static Map<String, Tensor> tensors(String resource) {
    try {
      Path file = Files.createTempFile("steelyard", ".safetensors");
      try (InputStream in = Reference.class.getResourceAsStream(resource)) {
        Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        try (SafeTensorsFile open = SafeTensors.open(file)) {
          return open.readAll();
        }
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The lines of a resource file. */
  public static List<String> lines(String resource) {
    try (InputStream in = Reference.class.getResourceAsStream(resource)) {
      assertThat(in).as(resource).isNotNull();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Fails if shapes differ or an element is off by more than a part of the largest element. */
  public static void assertClose(String what, Tensor actual, Tensor expected, double tolerance) {
    assertThat(expected).as(what + " in the reference file").isNotNull();
    assertThat(actual.shape()).as(what).isEqualTo(expected.shape());
    double[] errorAndScale = new double[2];
    Scope.withoutGradient(
        () -> {
          Tensor e = expected.to(ScalarType.Double);
          errorAndScale[0] = actual.to(ScalarType.Double).sub(e).abs().max().item_double();
          errorAndScale[1] = Math.max(0.1, e.abs().max().item_double());
        });
    assertThat(errorAndScale[0] / errorAndScale[1]).as(what).isLessThanOrEqualTo(tolerance);
  }
}
