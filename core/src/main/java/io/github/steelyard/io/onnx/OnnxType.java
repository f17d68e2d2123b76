package io.github.steelyard.io.onnx;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** An element type of constants. Integers of less than a byte come as int8 tensors. */
enum OnnxType {
  FLOAT(1, 32, OnnxOptions.OLDEST),
  DOUBLE(11, 64, OnnxOptions.OLDEST),
  INT64(7, 64, OnnxOptions.OLDEST),
  INT32(6, 32, OnnxOptions.OLDEST),
  UINT8(2, 8, OnnxOptions.OLDEST),
  INT8(3, 8, OnnxOptions.OLDEST),
  UINT4(21, 4, 21),
  UINT2(25, 2, 25);

  private final int number;
  private final int bits;
  private final int opset;

  OnnxType(int number, int bits, int opset) {
    this.number = number;
    this.bits = bits;
    this.opset = opset;
  }

  static Optional<OnnxType> of(ScalarType type) {
    return switch (type) {
      case Float -> Optional.of(FLOAT);
      case Long -> Optional.of(INT64);
      default -> Optional.empty();
    };
  }

  /** The name of a type in ONNX's DataType. */
  static String name(int number) {
    return Arrays.stream(values()).filter(t -> t.number == number).findFirst().orElseThrow().name();
  }

  /** Its number in ONNX's DataType. */
  int number() {
    return number;
  }

  /** The oldest operator set that has it. */
  int opset() {
    return opset;
  }

  long bytes(long elements) {
    return (elements * bits + 7) / 8;
  }

  /** The elements in row-major order; where several share a byte, the first has its low bits. */
  ByteString encode(Tensor tensor) {
    long size = tensor.numel() * tensor.element_size();
    if (size == 0) {
      return ByteString.EMPTY;
    }
    Tensor plain = tensor.detach().cpu().contiguous();
    ByteBuffer content = new BytePointer(plain.data_ptr()).capacity(size).asByteBuffer();
    if (bits >= 8) {
      return ByteString.copyFrom(content);
    }
    int perByte = 8 / bits;
    int mask = (1 << bits) - 1;
    byte[] packed = new byte[Math.toIntExact(bytes(size))];
    for (int i = 0; i < size; i++) {
      packed[i / perByte] |= (byte) ((content.get(i) & mask) << (i % perByte * bits));
    }
    return ByteString.copyFrom(packed);
  }
}
