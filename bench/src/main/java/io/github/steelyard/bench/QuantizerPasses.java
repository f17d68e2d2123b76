package io.github.steelyard.bench;

import io.github.steelyard.quant.Lsq;
import io.github.steelyard.quant.Signedness;
import io.github.steelyard.quant.Slice;
import io.github.steelyard.runtime.Scope;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.global.torch;

/** One quantizer alone, forward and backward, on the tensors of DeiT-Tiny at batch 16. */
final class QuantizerPasses {
  private static final int WARM_UP = 20;
  private static final int ROUNDS = 61;

  /** LSQ with another gradient: for orientation. */
  private static final String LEARNABLE = "_fake_quantize_learnable_per_channel_affine";

  private QuantizerPasses() {}

  static void print() {
    System.out.println("\nOne quantizer of 2 bits, forward and backward\n");
    System.out.println(
        "| tensor, slice | plain, ms | ours, ms | plain / ours | " + LEARNABLE + ", ms |");
    System.out.println("| --- | --- | --- | --- | --- |");
    row("tokens", Slice.TOKEN, Signedness.SIGNED, 1, 16, 197, 192);
    row("channels", Slice.CHANNEL, Signedness.SIGNED, 2, 16, 197, 192);
    row("hidden tokens", Slice.TOKEN, Signedness.UNSIGNED, 1, 16, 197, 768);
    row("probabilities", Slice.TOKEN, Signedness.UNSIGNED, 2, 16, 3, 197, 197);
    row("weight", Slice.OUTPUT_CHANNEL, Signedness.SIGNED, 0, 768, 192);
  }

  private static void row(
      String name, Slice slice, Signedness signedness, long axis, long... shape) {
    Tensor data = Scope.keep(torch.randn(shape));
    if (signedness == Signedness.UNSIGNED) {
      data.abs_();
    }
    Lsq ours = new Lsq(2, slice, signedness);
    Scope.withoutGradient(() -> ours.forward(data));
    PlainQuantizers.PlainLsq plain = new PlainQuantizers.PlainLsq(ours);
    Tensor gradient = Scope.keep(torch.randn(shape));
    Tensor input = PlainQuantizers.leaf(data);
    Tensor scale = PlainQuantizers.leaf(ours.scale().tensor());
    Tensor zero = PlainQuantizers.leaf(torch.zeros_like(scale));
    OperatorHandle kernel =
        Dispatcher.realSingleton().findSchemaOrThrow("aten::" + LEARNABLE, "").retainReference();
    SideBySide table =
        new SideBySide()
            .with("plain", () -> backward(plain.forward(input), gradient, input, plain.scale()))
            .with(
                "ours", () -> backward(ours.forward(input), gradient, input, ours.scale().tensor()))
            .with(
                LEARNABLE,
                () ->
                    backward(
                        learnable(kernel, input, scale, zero, axis, ours), gradient, input, scale))
            .measure(WARM_UP, ROUNDS);
    System.out.printf(
        Locale.ROOT,
        "| %s %s, %s | %.2f | %.2f | %.2f | %.2f |%n",
        name,
        java.util.Arrays.toString(shape),
        slice,
        table.median("plain"),
        table.median("ours"),
        table.ratio("plain", "ours"),
        table.median(LEARNABLE));
  }

  private static Tensor learnable(
      OperatorHandle kernel, Tensor x, Tensor scale, Tensor zero, long axis, Lsq lsq) {
    IValueVector stack = new IValueVector();
    List.of(x, scale, zero).forEach(tensor -> stack.push_back(new IValue(tensor)));
    stack.push_back(new IValue(axis));
    stack.push_back(new IValue((long) lsq.lowest()));
    stack.push_back(new IValue((long) lsq.highest()));
    double elements = (double) x.numel() / scale.numel();
    stack.push_back(new IValue(1 / Math.sqrt(lsq.highest() * elements)));
    kernel.callBoxed(stack);
    return stack.get(0).toTensor();
  }

  private static void backward(Tensor output, Tensor gradient, Tensor... leaves) {
    for (Tensor leaf : leaves) {
      leaf.mutable_grad().reset();
    }
    output.backward(gradient, new BoolOptional(false), false, new TensorArrayRefOptional());
  }
}
