package io.github.steelyard.io.onnx;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** An element type of constants. Integers of less than a byte come as int8 tensors. */
enum OnnxType {
  FLOAT(1, 32, OnnxType.BASE),
  DOUBLE(11, 64, OnnxType.BASE),
  INT64(7, 64, OnnxType.BASE),
  INT32(6, 32, OnnxType.BASE),
  UINT8(2, 8, OnnxType.BASE),
  INT8(3, 8, OnnxType.BASE),
  INT4(22, 4, OnnxType.BASE),
  INT2(26, 2, 25);

  /**
   * The oldest operator set that has all operators we use: Gelu came with 20, 4-bit integers with
   * 21.
   */
  static final int BASE = 21;

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

  /** The smallest type that holds all whole numbers of a range within a byte. */
  static OnnxType holding(int lowest, int highest) {
    for (OnnxType type : new OnnxType[] {INT2, INT4}) {
      int half = 1 << (type.bits - 1);
      if (lowest >= -half && highest < half) {
        return type;
      }
    }
    return INT8;
  }

  /** Its number in ONNX's DataType. */
  int number() {
    return number;
  }

  /** The operator set that it came with, or {@link #BASE}. */
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
