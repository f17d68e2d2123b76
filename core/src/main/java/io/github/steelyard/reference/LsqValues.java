package io.github.steelyard.reference;

import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.quant.Lsq;
import io.github.steelyard.quant.Signedness;
import io.github.steelyard.quant.Slice;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Values and gradients of {@link Lsq}. Tensors: {@code <variant>.b<bits>.<signed or
 * unsigned>.call<k>.} with {@code input}, {@code output}, {@code grad_output}, {@code grad_input},
 * {@code scale} and {@code grad_scale}; the first call sets the scale.
 */
final class LsqValues implements ReferenceKind {
  private static final Map<String, Slice> SLICES =
      Map.of(
          "token", Slice.TOKEN,
          "matrix", Slice.TOKEN,
          "heads", Slice.TOKEN,
          "channel", Slice.CHANNEL,
          "image", Slice.IMAGE_CHANNEL,
          "conv_weight", Slice.OUTPUT_CHANNEL,
          "tensor", Slice.TENSOR,
          "weight", Slice.OUTPUT_CHANNEL);

  private static final String INPUT = ".input";

  @Override
  public boolean recognises(SafeTensorsFile file) {
    return file.metadata().getOrDefault("method", "").startsWith("LSQ");
  }

  @Override
  public double tolerance() {
    return 1e-5;
  }

  @Override
  public void replay(SafeTensorsFile file, Deviation deviation) throws IOException {
    Map<String, Lsq> quantizers = new LinkedHashMap<>();
    for (String name : file.tensors().keySet().stream().sorted().toList()) {
      if (name.endsWith(INPUT)) {
        String call = name.substring(0, name.length() - INPUT.length());
        String series = call.substring(0, call.lastIndexOf('.'));
        compare(file, call, quantizers.computeIfAbsent(series, LsqValues::quantizer), deviation);
      }
    }
  }

  private static Lsq quantizer(String series) {
    String[] parts = series.split("\\.", -1);
    Slice slice = parts.length == 3 ? SLICES.get(parts[0]) : null;
    if (slice == null) {
      throw new IllegalArgumentException(
          "'" + series + "' must be variant, bits and signedness; variants: " + SLICES.keySet());
    }
    Signedness signedness =
        parts[0].equals("image")
            ? Signedness.FROM_DATA
            : parts[2].equals("unsigned") ? Signedness.UNSIGNED : Signedness.SIGNED;
    return new Lsq(Tensors.number(parts[1], "b"), slice, signedness);
  }

  private static void compare(SafeTensorsFile file, String call, Lsq quantizer, Deviation deviation)
      throws IOException {
    Tensor input = Tensors.read(file, call + INPUT);
    input.set_requires_grad(true);
    Tensor output = quantizer.forward(input);
    Tensor scale = quantizer.scale().tensor();
    scale.mutable_grad().reset();
    output.mul(Tensors.read(file, call + ".grad_output")).sum().backward();
    deviation.compare(call + ".output", output, Tensors.read(file, call + ".output"));
    deviation.compare(call + ".scale", scale, Tensors.read(file, call + ".scale"));
    deviation.compare(call + ".grad_input", input.grad(), Tensors.read(file, call + ".grad_input"));
    deviation.compare(call + ".grad_scale", scale.grad(), Tensors.read(file, call + ".grad_scale"));
  }
}
